import os

import pytest

from hemlets_ros.errors import SettingsError
from hemlets_ros.system import share_folder as module
from hemlets_ros.system.share_folder import share_folder


@pytest.fixture
def prefixes(tmp_path, monkeypatch):
    paths = [tmp_path / name for name in ('first', 'second', 'python')]
    monkeypatch.setenv('AMENT_PREFIX_PATH', os.pathsep.join(map(str, paths[:2])))
    monkeypatch.setattr(module.sys, 'prefix', str(paths[2]))
    return paths


@pytest.mark.parametrize('having', [(0, 1, 2), (1, 2), (2,)])
def test_the_first_prefix_that_has_it_is_taken(prefixes, having):
    for index in having:
        (prefixes[index] / 'share' / 'hemlets_ros').mkdir(parents=True)
    assert share_folder() == prefixes[having[0]] / 'share' / 'hemlets_ros'


def test_without_ros_the_python_prefix_is_enough(prefixes, monkeypatch):
    monkeypatch.delenv('AMENT_PREFIX_PATH')
    (prefixes[2] / 'share' / 'hemlets_ros').mkdir(parents=True)
    assert share_folder() == prefixes[2] / 'share' / 'hemlets_ros'


def test_a_missing_folder_is_an_error_that_names_the_prefixes(prefixes):
    with pytest.raises(SettingsError, match='second'):
        share_folder()
