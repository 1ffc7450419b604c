import errno
import os
import signal
import subprocess
import sys

import pytest

from hemlets_ros.errors import OutputError
from hemlets_ros.system import output_path
from hemlets_ros.system.output_path import (
    OutputClaim,
    check_output_folder,
    check_outputs,
    was_cut_off,
    write_text,
)


@pytest.fixture
def video(tmp_path):
    path = tmp_path / 'video.mp4'
    path.write_text('the only copy')
    return path


def refused(outputs, inputs=(), overwrite=True):
    with pytest.raises(OutputError) as caught:
        check_outputs(outputs, inputs, overwrite)
    return str(caught.value)


def test_an_input_is_known_by_any_name(tmp_path, video, monkeypatch):
    (tmp_path / 'link.mp4').symlink_to(video)
    os.link(video, tmp_path / 'hard.mp4')
    (tmp_path / 'folder').symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ('video.mp4', 'folder/video.mp4', 'link.mp4', 'hard.mp4', video):
        assert refused([name], [video]) == f'cannot write {name}: it is the input {video}'
        assert refused([video], [name]) == f'cannot write {video}: it is the input {name}'
    assert video.read_text() == 'the only copy'


def test_a_file_of_the_input_s_folder_is_an_input(tmp_path, video):
    assert refused([video], [tmp_path]) == f'cannot write {video}: it is the input {tmp_path}'
    check_outputs([tmp_path / 'new.json'], [tmp_path])


def test_what_exists_is_refused_unless_it_may_be_replaced(tmp_path, video):
    assert refused([tmp_path / 'new', video], overwrite=False) == (
        f'cannot write {video}: it exists; add --overwrite (nodes: overwrite:=true) to replace it, or choose '
        'another name')
    check_outputs(['', tmp_path / 'new', video], overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ['video.mp4']  # nothing was opened


def test_two_outputs_are_two_files(tmp_path):
    (tmp_path / 'folder').symlink_to(tmp_path)
    a, b = tmp_path / 'a.json', tmp_path / 'folder' / 'a.json'
    assert refused([a, b]) == f'cannot write {b}: another output, {a}, is the same file'


def test_places_that_cannot_be_written(tmp_path):
    os.mkfifo(tmp_path / 'pipe')
    assert refused([tmp_path / 'none' / 'a.json']).endswith('a.json: no such folder')
    assert refused([tmp_path]).endswith(': it is a folder that exists')
    assert refused([tmp_path / 'pipe']).endswith(': it is not a regular file')
    assert refused([tmp_path / ('y' * 300)]).endswith(': File name too long')
    assert refused(['a\0b']).endswith(': embedded null byte')


def test_what_is_no_file_is_refused_at_once(tmp_path):
    (tmp_path / 'a').symlink_to(tmp_path / 'b')
    (tmp_path / 'b').symlink_to(tmp_path / 'a')
    for name in ('a', 'a/x.json'):
        assert refused([tmp_path / name]).startswith(f'cannot write {tmp_path / name}: ')
        with pytest.raises(OutputError, match='cannot write'):
            check_output_folder(tmp_path / name)
    assert refused(['-']) == 'cannot write -: outputs are files; `hemlets run --json-lines` prints frames'
    reading, writing = os.pipe()
    assert refused([f'/dev/fd/{writing}']) == f'cannot write /dev/fd/{writing}: it is not a regular file'
    os.close(reading)
    os.close(writing)


def test_one_process_writes_an_output(tmp_path):
    path = tmp_path / 'a.json'
    path.touch()
    first = OutputClaim(path)
    with pytest.raises(OutputError, match=r'a\.json: another process is writing it'):
        OutputClaim(path)
    assert not was_cut_off(path)  # it is being written
    first.release()
    assert [each.name for each in tmp_path.iterdir()] == ['a.json']
    OutputClaim(path).release()
    assert not was_cut_off(path)


def test_file_systems_without_locks_are_written(tmp_path, monkeypatch):
    def no_locks(descriptor, operation):
        raise OSError(errno.ENOLCK, 'No locks available')

    monkeypatch.setattr(output_path.fcntl, 'flock', no_locks)
    OutputClaim(tmp_path / 'a.json').release()
    assert list(tmp_path.iterdir()) == []


def test_a_killed_writer_is_known_and_does_not_hold_its_output(tmp_path):
    path = tmp_path / 'a.json'
    path.touch()
    code = f'''import os, signal
from hemlets_ros.system.output_path import OutputClaim
claim = OutputClaim({str(path)!r})
os.kill(os.getpid(), signal.SIGKILL)'''
    assert subprocess.run([sys.executable, '-c', code], check=False).returncode == -signal.SIGKILL
    assert was_cut_off(path)
    OutputClaim(path).release()
    assert not was_cut_off(path)


def test_a_small_file_is_whole_or_as_before(tmp_path):
    write_text(tmp_path / 'a.json', 'one')
    (tmp_path / 'link').symlink_to(tmp_path / 'a.json')
    write_text(tmp_path / 'link', 'two')
    assert (tmp_path / 'a.json').read_text() == 'two' and (tmp_path / 'link').is_symlink()
    with pytest.raises(OutputError, match=r'none/a\.json: No such file or directory'):
        write_text(tmp_path / 'none' / 'a.json', 'x')
    assert sorted(path.name for path in tmp_path.iterdir()) == ['a.json', 'link']


def test_an_input_that_cannot_be_looked_at_is_not_the_outputs_fault(tmp_path):
    check_outputs([tmp_path / 'a.json'], [tmp_path / ('y' * 300)])
