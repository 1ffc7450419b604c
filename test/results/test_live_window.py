
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest

from hemlets_ros.cli.main import main
from hemlets_ros.errors import OutputError
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.people import Frame, WeightsInfo
from hemlets_ros.results.live_window import LiveWindow

IMAGE = np.full((480, 640, 3), 150, np.uint8)
FRAME = Frame([], 0.0, Intrinsics.from_fov(640, 480, 60), (640, 480), WeightsInfo('w'))


@pytest.fixture
def headless(monkeypatch):
    for name in ('DISPLAY', 'WAYLAND_DISPLAY'):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def window(monkeypatch):
    """A window on a screen that is not there: what OpenCV is told to show, and the keys that are pressed."""
    shown, keys = [], []
    monkeypatch.setenv('DISPLAY', ':no')
    for name, function in {
            'namedWindow': lambda *_: None, 'resizeWindow': lambda *_: None, 'destroyWindow': lambda *_: None,
            'imshow': lambda title, image: shown.append(image),
            'waitKey': lambda ms: keys.pop(0) if keys else -1,
            'getWindowProperty': lambda *_: 1.0}.items():
        monkeypatch.setattr(cv2, name, function)
    window = LiveWindow('title')
    window.shown, window.keys = shown, keys
    return window


@pytest.mark.skipif(sys.platform != 'linux', reason='displays of Linux')
def test_without_a_display_it_is_refused_before_anything_is_done(headless, clip, tmp_path, capsys):
    with pytest.raises(OutputError, match='--show needs a display'):
        LiveWindow('title')
    assert main(['run', str(clip), '--show', '--json', str(tmp_path / 'a.json')]) == 1
    assert capsys.readouterr().err == (
        'hemlets: --show needs a display, and there is none here: use --overlay FILE.mp4\n')
    assert list(tmp_path.iterdir()) == []


def test_q_ends_it_and_other_keys_do_not(window):
    assert window.show(FRAME, IMAGE)
    window.keys += [ord('x'), ord('q')]
    assert window.show(FRAME, IMAGE)
    assert not window.show(FRAME, IMAGE)
    assert len(window.shown) == 3


def test_a_photo_waits_for_a_key(window):
    window.keys += [-1, -1, ord(' '), ord('q')]
    photo = replace(FRAME, image_name='a.jpg')
    assert window.show(photo, IMAGE, wait=True)
    assert window.keys == [ord('q')]


def test_a_window_that_the_user_has_closed(window, monkeypatch):
    def gone(title):
        raise cv2.error('NULL window')

    monkeypatch.setattr(cv2, 'getWindowProperty', lambda *_: -1.0)
    monkeypatch.setattr(cv2, 'destroyWindow', gone)
    assert not window.show(FRAME, IMAGE)
    window.close()


def test_the_rate_is_written_from_the_second_image_on(window):
    first, second = (window.picture(FRAME, IMAGE) for _ in range(2))
    assert (first == IMAGE).all()
    assert (second[:40, :110] != 150).any() and (second[60:] == 150).all()


def test_q_ends_a_run_with_its_results_saved(window, clip, tmp_path, capsys):
    window.keys += [-1, -1, ord('q')]
    assert main(['run', str(clip), '--show', '--json', str(tmp_path / 'a.json'), '--device', 'cpu']) == 0
    assert capsys.readouterr().out.startswith('3 frames, 6 skeletons')
    assert [image.shape for image in window.shown] == [(720, 1280, 3)] * 3


def test_ray_has_no_window(clip, tmp_path, capsys):
    assert main(['run', str(clip), '--ray', '--show', '--json', str(tmp_path)]) == 1
    assert '--show cannot be used with --ray' in capsys.readouterr().err


