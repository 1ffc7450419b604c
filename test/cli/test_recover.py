"""`hemlets recover` on what processes that were really killed (kill -9) have left."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import av
import pytest
from rosbags.highlevel import AnyReader

from hemlets_ros.cli.main import main
from hemlets_ros.results.json_list_file import read_json_list
from hemlets_ros.results.skeleton_json import read_skeletons

_FRAMES = 70


@pytest.fixture(scope='module')
def left(tmp_path_factory):
    """A folder with all kinds of results of a process that was killed after 70 frames."""
    folder = tmp_path_factory.mktemp('left')
    code = f'''import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parents[2] / 'benchmarks')!r})
import numpy as np
from fuzzing.message_parsers import frame
from hemlets_ros.nodes.skeleton_bag import SkeletonBag
from hemlets_ros.results.overlay_video import OverlayVideo
from hemlets_ros.results.recording import Recording
files, bags = Recording('a.json', 'b.json', 'c.mp4'), [SkeletonBag('d.mcap'), SkeletonBag('e')]
other = OverlayVideo('f.webm', 30)
empty = SkeletonBag('g.mcap')
for number in range({_FRAMES}):
    image = np.full((48, 64, 3), number, np.uint8)
    files.append(frame(), image)
    other.append(image)
    for bag in bags:
        bag.append(frame())
os.kill(os.getpid(), signal.SIGKILL)'''
    killed = subprocess.run([sys.executable, '-c', code], check=False, cwd=folder, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    text = (folder / 'a.json').read_bytes()
    (folder / 'a.json').write_bytes(text[:-200])  # as by a kill amid the last frame
    return folder


@pytest.fixture
def copied(left, tmp_path):
    subprocess.run(['cp', '-r', f'{left}/.', str(tmp_path)], check=True)
    return tmp_path


def _counts(path):
    with AnyReader([path]) as reader:
        return {each.topic: each.msgcount for each in reader.connections}, reader.message_count


def _images(path):
    with av.open(str(path)) as video:
        return [frame.to_ndarray(format='gray').mean() for frame in video.decode(video=0)]


def test_everything_in_a_folder_is_completed(copied, capsys):
    before = {name: _images(copied / name) for name in ('c.mp4', 'f.webm')}
    assert main(['recover', str(copied)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.rpartition('/')[2] for line in said] == [
        f'a.json: {_FRAMES - 1} frames', f'b.json: {_FRAMES} frames', f'c.mp4: {len(before["c.mp4"])} images',
        f'd.mcap: {2 * _FRAMES} messages', f'e: {2 * _FRAMES} messages',
        f'f.webm: {len(before["f.webm"])} images', 'g.mcap: without messages, removed']
    assert len(json.loads((copied / 'a.json').read_text())['frames']) == _FRAMES - 1
    assert len(read_skeletons(copied / 'a.json')) == _FRAMES - 1
    assert len(read_json_list(copied / 'b.json')['output']) == _FRAMES
    for path in (copied / 'd.mcap', copied / 'e'):
        assert _counts(path) == ({'/skeletons': _FRAMES, '/skeleton_markers': _FRAMES}, 2 * _FRAMES)
    assert sorted(path.name for path in (copied / 'e').iterdir()) == ['e.mcap', 'metadata.yaml']
    metadata = (copied / 'e' / 'metadata.yaml').read_text()
    assert metadata.count('RIHS01_') == 2 and 'RIHS01_' + 64 * '0' not in metadata
    for name, images in before.items():
        assert len(images) >= 30 and _images(copied / name) == images
    assert b'moof' not in (copied / 'c.mp4').read_bytes()
    assert sorted(path.name for path in copied.iterdir()) == [
        'a.json', 'b.json', 'c.mp4', 'd.mcap', 'e', 'f.webm']
    assert main(['recover', str(copied)]) == 0
    assert capsys.readouterr().out == f'{copied}: nothing to complete\n'


@pytest.mark.parametrize('given', ['d.mcap', 'd.mcap.part'])
def test_a_bag_that_exists_is_replaced_only_when_asked(copied, given, capsys):
    (copied / 'd.mcap').write_text('precious')
    assert main(['recover', str(copied / given)]) == 1
    assert 'd.mcap: it exists; add --overwrite' in capsys.readouterr().err
    assert (copied / 'd.mcap').read_text() == 'precious' and (copied / 'd.mcap.part').is_dir()
    assert main(['recover', str(copied / given), '--overwrite']) == 0
    assert _counts(copied / 'd.mcap')[1] == 2 * _FRAMES and not (copied / 'd.mcap.part').exists()


def test_a_folder_where_nothing_is_cut_off_is_told(tmp_path, capsys):
    (tmp_path / 'a.json').write_text('{}')
    assert main(['recover', str(tmp_path)]) == 0
    assert capsys.readouterr().out == f'{tmp_path}: nothing to complete\n'


def test_what_is_being_written_is_left_alone(tmp_path, capsys):
    from hemlets_ros.results.course_json import CourseJson

    file = CourseJson(tmp_path / 'a.json')
    assert main(['recover', str(tmp_path)]) == 0
    assert capsys.readouterr().out == f'{tmp_path}: nothing to complete\n'
    assert main(['recover', str(tmp_path / 'a.json')]) == 1
    assert 'another process is writing it' in capsys.readouterr().err
    file.close()


@pytest.mark.parametrize(('name', 'content', 'said'), [
    ('none.json', None, 'no such file'), ('a.json', b'[1, 2]', 'cannot be read as results'),
    ('a.json', b'{"frames": 1}', 'cannot be read as results'),
    ('a.json', b'\xff', 'cannot be read as results'),
    ('a.mp4', b'', 'no complete image'), ('a.mp4', b'x' * 5000, 'no complete image'),
    ('a.txt', b'', 'left as it is')])
def test_what_cannot_be_completed_is_left_with_one_line(tmp_path, capsys, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert main(['recover', str(tmp_path / name)]) == 1
    error = capsys.readouterr().err
    assert said in error and name in error and error.count('\n') == 1
    assert content is None or (tmp_path / name).read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == [name] * (content is not None)


def test_pipes_and_names_that_are_too_long_are_one_line(tmp_path, capsys):
    os.mkfifo(tmp_path / 'a.mp4')
    for name, said in ((tmp_path / 'a.mp4', 'it is not a regular file'), ('a' * 5000, 'File name too long')):
        assert main(['recover', str(name)]) == 1
        error = capsys.readouterr().err
        assert said in error and error.count('\n') == 1
