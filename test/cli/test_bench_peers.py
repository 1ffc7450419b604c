"""`hemlets bench` beside other packages; in place of these, programs that answer as they do."""

import sys

import cv2
import numpy as np
import pytest

from hemlets_ros.cli.main import main
from hemlets_ros.cli.peers import peer_worker
from hemlets_ros.cli.peers.one_person_clip import write_one_person_clip
from hemlets_ros.cli.peers.peer_process import PeerProcess
from hemlets_ros.cli.peers.whole_line import Line, Turn, measure, table
from hemlets_ros.errors import SettingsError
from hemlets_ros.pipeline import Pipeline
from hemlets_ros.sources.video_source import VideoSource


@pytest.fixture
def clip(tmp_path):
    """Four images of 64x48, of grey levels 0, 60, 120, 180."""
    file = tmp_path / 'grey.avi'
    video = cv2.VideoWriter(str(file), cv2.VideoWriter_fourcc(*'MJPG'), 30, (64, 48))
    for level in (0, 60, 120, 180):
        video.write(np.full((48, 64, 3), level, np.uint8))
    video.release()
    return file


def _line(name, *turns):
    given = iter(turns)
    return Line(name, lambda count: next(given))


def test_ratios_are_medians_of_neighbouring_turns():
    mine = _line('mine', Turn(9, 9, 10), Turn(2, 4, 10), Turn(1, 2, 9), Turn(4, 8, 10))
    peer = _line('peer', Turn(9, 9, 10), Turn(1, 1, 10), Turn(1, 1, 10), Turn(1, 1, 10))
    measure([mine, peer], 3)
    assert mine.times_as_fast_as(peer) == (0.5, 0.25), 'the first turn does not count'
    assert (mine.ms(), mine.busy_ms(), mine.people()) == (200, 400, pytest.approx(29 / 30))
    assert table([mine, peer], [peer]).splitlines()[1:] == [
        'mine        200.0         400.0     1.0', 'peer        100.0         100.0     1.0',
        'mine: 0.50 times as fast as peer; by processor time 0.25']


def test_the_clip_shows_one_person_all_the_time(tmp_path):
    write_one_person_clip(tmp_path / 'one.mp4')
    images = [item.image for item in VideoSource(tmp_path / 'one.mp4')]
    assert len(images) == 88
    pipeline = Pipeline(stages=('find',), tracking=False)
    found = [[crop.box.xyxy_px for crop in pipeline.find(images[number]).crops] for number in (0, 22, 44, 87)]
    assert [len(boxes) for boxes in found] == [1, 1, 1, 1]
    assert all(box[1] > 340 and box[3] - box[1] > 250 for box, in found)
    first, last = found[0][0], found[-1][0]
    np.testing.assert_allclose(last, first, atol=40, err_msg='goes on from the last image to the first')
    assert np.abs(found[2][0] - first).max() > 100, 'he walks'


def test_a_worker_decodes_again_and_again(clip, tmp_path):
    """A package that finds as many people as a tenth of the grey level, and prints."""
    program = tmp_path / 'rtmlib.py'
    program.write_text('''
print('load')
__version__, Body = '0.1', None
class PoseTracker:
    def __init__(self, solution, det_frequency, mode, backend, device):
        assert (det_frequency, mode, backend, device) == (10, 'balanced', 'onnxruntime', 'cpu')
    def __call__(self, image):
        print('tracking')
        return [None] * round(image.mean() / 10), None
''')
    starter = tmp_path / 'starter.py'
    starter.write_text(f'import sys\nsys.path.insert(0, {str(tmp_path)!r})\n'
                       f"exec(compile(open({peer_worker.__file__!r}).read(), 'worker', 'exec'))\n")
    with PeerProcess(sys.executable, starter, 'rtmlib', str(clip), '0') as peer:
        assert peer.answer() == {'name': 'rtmlib 0.1 Body, balanced'}
        assert [peer.ask({'images': count})['people'] for count in (2, 2, 3)] == [6, 30, 18]
        assert peer.ask({'images': 1})['busy_seconds'] > 0


def test_other_packages_are_not_imported_here(clip):
    """The interpreter that is named has to have it."""
    with pytest.raises(SettingsError, match="No module named 'rtmlib'"), \
            PeerProcess(sys.executable, peer_worker.__file__, 'rtmlib', str(clip), '0') as peer:
        peer.answer()


def test_the_whole_line_without_the_package_that_was_asked_for(capsys):
    assert main(['bench', '--rtmlib', sys.executable, '--mediapipe', '/no/python', '--image-count', '10',
                 '--detector-size-px', '320']) == 0
    said = capsys.readouterr()
    rows = [line.split() for line in said.out.splitlines()]
    assert [row[:3] for row in rows[2:]] == [['hemlets,', 'detect', 'always'], ['hemlets,', 'detect', 'auto']]
    assert all(float(row[-1]) == 1.0 for row in rows[2:]), 'people'
    assert 'rtmlib: skipped: ' in said.err and "No module named 'rtmlib'" in said.err
    assert 'mediapipe: skipped: /no/python cannot be started' in said.err


@pytest.mark.parametrize(('arguments', 'reason'), [
    (['--source', 'no.mp4'], 'no such file'),
    (['--detector-size-px', '320'], 'detector_size_px: the detector is used with --source'),
    (['--choose', '--source', 'a.mp4'], '--choose chooses a backend'),
    (['--image-count', '0', '--source', 'a.mp4'], '--image-count must be at least 1')])
def test_what_does_not_go(arguments, reason, capsys):
    assert main(['bench', *arguments]) == 1
    assert reason in capsys.readouterr().err
