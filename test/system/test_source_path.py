from pathlib import Path

import pytest

from hemlets_ros.system.source_path import source_path


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('HOME', '/home/me')
    return tmp_path


@pytest.mark.parametrize(('name', 'expected'), [
    ('0', None), ('12', None), ('rtsp://host/a', None), ('http://host/a.mp4', None),
    ('a.mp4', 'a.mp4'), ('~/a.mp4', '/home/me/a.mp4'), ('~no-such-user/a.mp4', '~no-such-user/a.mp4'),
    ('2024-05-01T12:30:00.mp4', '2024-05-01T12:30:00.mp4'), ('y' * 300, 'y' * 300), ('a\0b', 'a\0b'),
    ('file:///data/a%20b.mp4', '/data/a b.mp4'), ('file:///data/a?b#c.mp4', '/data/a?b#c.mp4')])
def test_what_a_name_means(name, expected):
    assert source_path(name) == (None if expected is None else Path(expected))


def test_what_is_there_goes_first(folder):
    (folder / '0001').mkdir()
    (folder / '~clip.mp4').touch()
    assert source_path('0001') == Path('0001')
    assert source_path('0002') is None
    assert source_path('~clip.mp4') == Path('~clip.mp4')


def test_without_a_home_the_name_is_taken_as_it_is(monkeypatch):
    def no_home(path):
        raise RuntimeError('Could not determine home directory.')

    monkeypatch.setattr(Path, 'expanduser', no_home)
    assert source_path('~/a.mp4') == Path('~/a.mp4')
