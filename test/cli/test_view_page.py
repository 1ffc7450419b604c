"""The page of `hemlets view --web` as a browser shows it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.people import Frame, Person, TrackingState, WeightsInfo
from hemlets_ros.results.palette import SIDE_RGB
from hemlets_ros.results.skeleton_json import SkeletonJson

pytest.importorskip('rerun', reason='the extra view is missing')
sys.path.insert(0, str(Path(__file__).parent))

from chromium import PROGRAM, Chromium

_SIZE_PX = (900, 600)
_DATA = Path(__file__).parents[1] / 'data'


@pytest.fixture
def recorded(tmp_path):
    """A recording of somebody 3 m in front of the camera."""
    joints_mm = np.load(_DATA / 'evaluation_golden.npz')['gt_cam'][0]
    joints_mm = joints_mm - joints_mm[0] + [0, 0, 3000]
    camera = Intrinsics.from_fov(640, 480, 60)
    joints_px = joints_mm[:, :2] / joints_mm[:, 2:] * camera.matrix[0, 0] + [320, 240]
    person = Person(id=4, score=0.9, tracking=TrackingState.OK, joints_px=joints_px, joints_mm=joints_mm,
                    box_px=np.concatenate([joints_px.min(0), joints_px.max(0)]), confidence=np.ones(18),
                    crop_to_image=np.eye(2, 3))
    path = tmp_path / 'a.json'
    file = SkeletonJson(path)
    file.append(Frame([person], 1.0, camera, (640, 480), WeightsInfo('w')))
    file.close()
    return path


@pytest.fixture
def page(recorded, unused_port):
    """The address of the page."""
    process = subprocess.Popen(
        [sys.executable, '-P', '-m', 'hemlets_ros.cli.main', 'view', str(recorded), '--web', '--port',
         str(unused_port)], stdout=subprocess.PIPE, text=True)
    address = process.stdout.readline().strip()
    assert process.stdout.readline() == '1 frame\n'
    yield address
    process.terminate()
    process.wait(60)


@pytest.fixture
def browser(tmp_path):
    if PROGRAM is None:
        pytest.skip('Chromium is not installed')
    browser = Chromium(tmp_path / 'profile', _SIZE_PX)
    yield browser
    browser.close()


def pixels(picture, rgb):
    """How many have that colour, of (H, W, 3) uint8 BGR."""
    return int((np.abs(picture[..., ::-1].astype(int) - 255 * np.array(rgb)).max(2) <= 10).sum())


@pytest.mark.timeout(180)
def test_the_page_shows_the_skeleton_in_its_colours(page, browser):
    browser.open(page)

    def seen():
        in_3d = browser.screenshot()[60:, :int(0.58 * _SIZE_PX[0])]  # beside it are the image and curves
        return {side: pixels(in_3d, rgb) for side, rgb in SIDE_RGB.items()}

    while min(seen().values()) < 100:  # pytest limits the time
        pass
