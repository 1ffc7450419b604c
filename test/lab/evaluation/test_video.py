import cv2
import numpy as np
import pytest

from hemlets_ros.errors import InputError
from hemlets_ros.lab.evaluation.video import (
    CURVES_HEIGHT_PX,
    PANEL_PX,
    ComparisonVideo,
    RunningCurves,
    running_mean,
)
from hemlets_ros.results.palette import SIDE_RGB, bgr

ERRORS = {'P1': np.array([100.0, 200, 60, 40]), 'P2': np.array([50.0, 30, 40, 20])}
COLOURS = (bgr(SIDE_RGB['left']), bgr(SIDE_RGB['right']))


def near(picture, colour):
    return np.abs(picture.astype(int) - colour).max(-1) < 12


def test_running_mean():
    assert running_mean(ERRORS['P1']).tolist() == [100, 150, 120, 100]


def test_curves_end_at_the_mean_of_the_samples_so_far():
    curves = RunningCurves(ERRORS, 600, 300)
    for number in range(4):
        picture = curves.advance()
        for (name, values), colour in zip(ERRORS.items(), COLOURS, strict=True):
            (x, y), = np.array(curves.places_px([number], values[:number + 1].mean(keepdims=True))) / 16
            lines = near(picture[60:], colour)  # below the words
            rows, columns = np.nonzero(lines)
            assert abs(columns.max() - x) <= 2, name
            assert abs(rows[columns >= x - 1].mean() + 60 - y) <= 2, name
    # Higher errors are further up, and the axis begins at zero.
    zero, high = (curves.places_px([0], np.array([value]))[0][1] / 16 for value in (0.0, 100.0))
    assert zero == pytest.approx(300 * 0.83, abs=1)
    assert 50 < high < zero - 30


def test_an_outlier_is_drawn_at_the_edge():
    curves = RunningCurves({'P1': np.array([10.0] * 99 + [10000.0])}, 600, 300)
    (_, top), (_, far) = curves.places_px([0, 0], np.array([1000.0, 10000.0]))
    assert top == far > 0


@pytest.fixture
def video(tmp_path):
    """The frames of a video of four samples: blue images, the truth predicted."""
    pose = np.random.default_rng(0).normal([0, 0, 4000], 300, (18, 3))
    with ComparisonVideo(tmp_path / 'a.mp4', ERRORS, 10.0) as writer:
        for _ in range(4):
            writer.append(np.full((200, 100, 3), (255, 0, 0), np.uint8), pose, pose)
    capture = cv2.VideoCapture(str(tmp_path / 'a.mp4'))
    assert capture.get(cv2.CAP_PROP_FPS) == 10
    return [image for readable, image in iter(capture.read, (False, None)) if readable]


def test_panels_are_side_by_side(video):
    assert [frame.shape for frame in video] == [(PANEL_PX + CURVES_HEIGHT_PX, 3 * PANEL_PX, 3)] * 4
    picture = video[2]
    blue = np.abs(picture[:PANEL_PX, :PANEL_PX].astype(int) - (255, 0, 0)).max(-1) < 40
    assert blue.mean() == pytest.approx(0.5, abs=0.03)  # twice as high as wide, in the middle
    assert blue[:, PANEL_PX // 2].all() and not blue[:, :PANEL_PX // 5].any()
    # The same pose looks the same as truth and as prediction, below the titles.
    truth, predicted = (picture[40:PANEL_PX, start:start + PANEL_PX].astype(int)
                        for start in (PANEL_PX, 2 * PANEL_PX))
    assert np.abs(truth - predicted).mean() < 2
    assert (np.abs(truth - bgr(SIDE_RGB['left'])).max(-1) < 60).sum() > 100


def test_no_samples(tmp_path):
    with pytest.raises(InputError, match='no sample has a 3D truth'):
        ComparisonVideo(tmp_path / 'a.mp4', {'P1': np.zeros(0)}, 10.0)
    assert not (tmp_path / 'a.mp4').exists()
