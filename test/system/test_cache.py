import subprocess
import sys
from pathlib import Path

import pytest

from hemlets_ros.errors import OutputError
from hemlets_ros.system.cache import cache_folder, digest, made_once


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    return tmp_path / 'hemlets_ros'


def test_is_where_the_user_wants_it(folder, monkeypatch):
    assert cache_folder() == folder
    for unset in ('', 'relative'):  # the XDG specification: ignore what is not absolute
        monkeypatch.setenv('XDG_CACHE_HOME', unset)
        assert cache_folder() == Path.home() / '.cache' / 'hemlets_ros'


def test_a_user_without_a_home_has_no_cache_and_no_error(monkeypatch):
    def no_home():
        raise RuntimeError('Could not determine home directory.')

    monkeypatch.delenv('XDG_CACHE_HOME')
    monkeypatch.setattr(Path, 'home', no_home)
    assert cache_folder() == Path('/.cache/hemlets_ros')


def test_makes_a_file_once(folder):
    made = []

    def make(path):
        made.append(path)
        path.write_text('whole')

    assert made_once('a', make).read_text() == made_once('a', make).read_text() == 'whole'
    assert len(made) == 1


def test_nothing_is_left_of_a_file_that_could_not_be_made(folder):
    def fail(path):
        path.write_text('half')
        raise ValueError

    with pytest.raises(ValueError):
        made_once('a', fail)
    assert [path.name for path in folder.iterdir()] == ['.a.lock']
    assert made_once('a', lambda path: path.write_text('whole')).read_text() == 'whole'


def test_a_file_may_have_a_folder_of_its_own(folder):
    path = made_once('kind/a', lambda path: path.write_text('whole'))
    assert path == folder / 'kind' / 'a' and path.read_text() == 'whole'
    assert {each.name for each in path.parent.iterdir()} == {'a', '.a.lock'}


def test_two_processes_make_it_once(folder):
    program = '''
import sys
from hemlets_ros.system.cache import made_once

def make(path):
    with open(sys.argv[1], 'a') as log:
        log.write('made ')
    path.write_bytes(b'x' * 5_000_000)

assert made_once('a', make).stat().st_size == 5_000_000
'''
    log = folder.parent / 'log'
    processes = [subprocess.Popen([sys.executable, '-c', program, str(log)]) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert log.read_text() == 'made '


def test_a_folder_that_cannot_be_written(folder):
    folder.write_text('a file where the folder should be')
    with pytest.raises(OutputError, match=r'cannot write .*XDG_CACHE_HOME'):
        made_once('a', lambda path: path.write_text('whole'))


def test_the_digest_depends_on_all_facts():
    assert digest('a', 1) == digest('a', 1)
    assert len({digest('a', 1), digest('a', 2), digest('b', 1), digest('a1')}) == 4
