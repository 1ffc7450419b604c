"""Programs in lib/hemlets_ros find their Python without an activated environment (cmake/executable.in)."""

import subprocess
from pathlib import Path

import pytest

_TEMPLATE = Path(__file__).parents[1] / 'cmake' / 'executable.in'
#: Where a Python may be: beside the program, in the activated environment, that of the build, on the PATH.
_PLACES = ('prefix/bin', 'activated/bin', 'built', 'path')


@pytest.fixture
def program(tmp_path):
    """Runs a program as colcon or pip installs it; each Python says where it is, and its arguments."""
    path = tmp_path / 'prefix/lib/hemlets_ros/a node'
    path.parent.mkdir(parents=True)
    built = str(tmp_path / 'built/python3')
    path.write_text(_TEMPLATE.read_text().replace('@module@', 'a').replace('@Python3_EXECUTABLE@', built))
    path.chmod(0o755)

    def run(pythons, *arguments, activated=True):
        for place in pythons:
            python = tmp_path / place / 'python3'
            python.parent.mkdir(parents=True)
            python.write_text(f'#!/bin/sh\nfor each in {place} "$@"; do echo "$each"; done\n')
            python.chmod(0o755)
        environment = {'PATH': f'{tmp_path}/path:/usr/bin:/bin'}
        if activated:
            environment['VIRTUAL_ENV'] = str(tmp_path / 'activated')
        done = subprocess.run([path, *arguments], env=environment, cwd='/', capture_output=True, text=True,
                              check=True)
        return done.stdout.splitlines()

    run.path = str(path)
    return run


@pytest.mark.parametrize('first', range(len(_PLACES)), ids=_PLACES)
def test_the_first_python_of_these_runs_it(program, first):
    assert program(_PLACES[first:], '--ros-args', 'a b') == [
        _PLACES[first], program.path, '--ros-args', 'a b']


def test_of_an_environment_that_is_not_activated(program):
    assert program(('activated/bin', 'built', 'path'), activated=False)[0] == 'built'
