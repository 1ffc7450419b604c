# Runs after an installation without the AGPL-3.0 weights: removes references to them in other files.
set(share "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/share/hemlets_ros")

function(replace name pattern replacement)
  file(READ "${share}/${name}" text)
  string(REGEX REPLACE "${pattern}" "${replacement}" text "${text}")
  file(REMOVE "${share}/${name}") # it may be a link to the source
  file(WRITE "${share}/${name}" "${text}")
endfunction()

replace(package.xml "\n[^\n]*LICENSE.yolo11n-pose[^\n]*" "")
replace(config/hemlets.yaml "\n    detector: ultralytics" "\n    detector: open")
