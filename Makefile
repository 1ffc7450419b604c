# make demo: the bundled clip through four ROS 2 nodes, in the light installation; results in demo_out/.
# make test: lint (ruff, mypy) and all tests, two at a time; failed tests are run once more, alone. Tests that render
# people are skipped until make assets was run once.
# make test-light: the tests that need the light installation only, in it.
# make test-jazzy: the nodes on the wheels of ROS 2 Jazzy with Ubuntu 24.04's NumPy and OpenCV; Python 3.12.
# make coverage: test coverage, including processes that tests start; a table, and coverage.xml.
# make assets: assets of synthetic people: clothes, hair and skins by npm, 89 MB; tables of the body model, minutes.
# make bench: speed of all stages on this machine; figures and a picture in bench_out/, see docs/speed.md.
# make load: load test, four cameras and 40 people for a minute: accounting of messages, memory, age of images.
# make licences: the installed packages as a CycloneDX list and a table of licences in build/; fails on unknown ones.
# make docs: the documents as a site in build/site; broken links are errors.
# make colcon: builds the package in a colcon workspace, and runs a few tests there.
# demo and test-light use .venv_light (without PyTorch, built in a minute); test-jazzy .venv_jazzy; docs .venv_docs; all
# others .venv, with all extras.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PYTHON_JAZZY ?= $(shell python3.12 -c 'import sys; print(sys.executable)' 2>/dev/null)
SYSTEM_PACKAGES = python3-venv python3-dev g++ libgl1 libglib2.0-0
RENDERING_PACKAGES = libegl1 libegl-mesa0 libgl1-mesa-dri
# `make ... CONSTRAINTS=` takes the newest versions instead.
CONSTRAINTS ?= --constraint constraints.txt
BIN = .venv/bin
LIGHT = .venv_light/bin
JAZZY = .venv_jazzy/bin
TEST_WORKERS ?= 2
# In the order of collection: the longest test, of damaged files (test/benchmarks/test_fuzz.py), is among the first, and
# others run beside it. pytest-xdist would start with the files of most tests, and end with that one, alone.
SHARED_OUT = --numprocesses=$(TEST_WORKERS) --dist=loadfile --no-loadscope-reorder
SOURCES := $(shell find hemlets_ros launch msg config cmake resource -type f -not -path '*/__pycache__/*') \
	CMakeLists.txt package.xml pyproject.toml setup.py constraints.txt

.PHONY: demo test test-light test-jazzy coverage lint assets bench load licences docs colcon system rendering clean
.DELETE_ON_ERROR:

demo: .venv_light/package
	$(LIGHT)/hemlets demo --out demo_out --overwrite

test: .venv/package .venv/build-requirements lint
	$(BIN)/pytest $(SHARED_OUT) || \
	    { echo 'Failed beside others; once more, alone:'; $(BIN)/pytest --last-failed --last-failed-no-failures=none; }

test-light: .venv_light/package
	$(LIGHT)/pip install --quiet $(CONSTRAINTS) hypothesis pytest pytest-timeout
	$(LIGHT)/pytest --ignore=test/lab --ignore=test/benchmarks

coverage: .venv/package .venv/build-requirements
	$(BIN)/pip install --quiet $(CONSTRAINTS) 'coverage>=7.10' 'pytest-cov>=7'
	$(BIN)/pytest $(SHARED_OUT) --cov --cov-report=term --cov-report=xml

# The tests chosen are of what these versions may break: ROS, OpenCV, NumPy, FFmpeg.
JAZZY_TESTS = test/geometry test/tracking test/detection test/results test/sources test/nodes/test_dds.py \
	test/nodes/test_image_messages.py test/nodes/test_messages.py test/nodes/test_one_process.py \
	test/nodes/test_parameters.py test/nodes/test_shared_memory.py

test-jazzy: .venv_jazzy/package
	$(JAZZY)/pip install --quiet hypothesis pytest pytest-timeout
	$(JAZZY)/hemlets demo --out build/demo_jazzy --overwrite
	$(JAZZY)/pytest $(JAZZY_TESTS)

# What Ubuntu 24.04 has by apt. pip 25.3 and later read the second variable for what builds a package, older ones the first.
UBUNTU_24_04 = argcomplete==3.1.4 numpy==1.26.4 opencv-python==4.6.0.66 pillow==10.2.0 PyYAML==6.0.1 tqdm==4.66.2
.venv_jazzy/package: $(SOURCES) constraints_jazzy.txt | system
	@test -n "$(PYTHON_JAZZY)" || { echo 'Python 3.12 is missing: make test-jazzy PYTHON_JAZZY=...' >&2; exit 1; }
	test -x $(JAZZY)/python || $(PYTHON_JAZZY) -m venv .venv_jazzy
	rm -rf build
	PIP_CONSTRAINT=constraints_jazzy.txt PIP_BUILD_CONSTRAINT=constraints_jazzy.txt \
	    $(JAZZY)/pip install --quiet . $(UBUNTU_24_04)
	touch $@

lint: .venv/package
	$(BIN)/ruff check .
	$(BIN)/mypy

assets: .venv/package | rendering
	rm -rf build/assets
	$(BIN)/hemlets synth --count 1 --workers 1 --out build/assets

bench: .venv/package
	$(BIN)/python benchmarks/speed.py --out bench_out

load: .venv/package
	$(BIN)/python benchmarks/load.py

licences: .venv_light/package build/licence_tools/ready
	build/licence_tools/bin/cyclonedx-py environment $(LIGHT)/python --pyproject pyproject.toml --output-file build/sbom.json
	build/licence_tools/bin/pip-licenses --python $(LIGHT)/python --format=markdown --with-urls > build/licences.md
	PATH=$(CURDIR)/build/licence_tools/bin:$$PATH python .github/licences.py $(LIGHT)/python

build/licence_tools/ready:
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet 'cyclonedx-bom>=7,<8' 'pip-licenses>=5,<6'
	touch $@

# A separate environment: the site does not need the package.
docs: .venv_docs/ready
	.venv_docs/bin/mkdocs build --strict --site-dir build/site

.venv_docs/ready: pyproject.toml
	test -x .venv_docs/bin/python || $(PYTHON) -m venv .venv_docs
	sed -n '/^docs = \[/,/^\]/s/^ *"\(.*\)",.*/\1/p' pyproject.toml | .venv_docs/bin/pip install --quiet -r /dev/stdin
	touch $@

# Only quick tests: they check what is built and installed. The sources are copied, because CMake refuses packages that
# it finds inside the source tree, where .venv is.
COLCON_TESTS = test_messages or test_dds or test_launch_files or test_rviz or test_graph_gives or cannot_work
WORKSPACE = build/colcon

colcon: .venv/colcon
	mkdir -p $(WORKSPACE)/src/hemlets_ros
	tar -c --exclude='./.venv*' --exclude=./build --exclude=./.git . | tar -x -C $(WORKSPACE)/src/hemlets_ros
	. $(BIN)/activate && export AMENT_PREFIX_PATH=$$VIRTUAL_ENV CMAKE_PREFIX_PATH=$$VIRTUAL_ENV && \
	cd $(WORKSPACE) && \
	colcon build --cmake-args -DCMAKE_PROJECT_INCLUDE=$(CURDIR)/cmake/ros_wheels.cmake && \
	. install/setup.sh && \
	PYTEST_ADDOPTS='-k "$(COLCON_TESTS)"' colcon test --event-handlers console_cohesion+ && \
	colcon test-result

.venv/colcon: .venv/build-requirements
	$(BIN)/pip install --quiet colcon-common-extensions ros-ament-cmake-pytest
	touch $@

# Build requirements, with which tests build other message packages.
.venv/build-requirements: .venv/package
	mkdir -p build
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], \
	    sep="\n")' > build/requires.txt
	$(BIN)/pip install --quiet -r build/requires.txt
	touch $@

# An old build folder keeps deleted modules, and would install them again.
.venv/package: WHAT = .[all,test]
.venv_light/package: WHAT = .
.venv/package .venv_light/package: $(SOURCES) | system
	test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	rm -rf build
	$(@D)/bin/pip install --quiet $(CONSTRAINTS) "$(WHAT)"
	touch $@

# Runs the README's apt-get line if something of it is missing.
system:
	@if $(PYTHON) -c 'import ensurepip, os, sysconfig; os.stat(sysconfig.get_path("include") + "/Python.h")' \
	    2>/dev/null && command -v c++ >/dev/null \
	    && ldconfig -p | grep -q libGL.so.1 && ldconfig -p | grep -q libgthread-2.0.so.0; then :; \
	elif [ "$$(id -u)" = 0 ]; then \
	    apt-get update -qq && apt-get install -y -qq $(SYSTEM_PACKAGES); \
	else echo 'First: sudo apt-get install -y $(SYSTEM_PACKAGES)' >&2; exit 1; fi

# For root, as in a container; `hemlets synth` says what others should install.
rendering:
	@if [ "$$(id -u)" = 0 ]; then \
	    command -v npm >/dev/null || missing=npm; \
	    ldconfig -p | grep -q libEGL.so.1 || missing="$$missing $(RENDERING_PACKAGES)"; \
	    [ -z "$$missing" ] || { apt-get update -qq && apt-get install -y -qq $$missing; }; \
	fi

clean:
	rm -rf .venv .venv_light .venv_jazzy .venv_docs build demo_out bench_out *.egg-info
