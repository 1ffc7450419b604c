import logging
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.camera_info import _warn_once, image_intrinsics, is_rectified

F, CX, CY = 1000.0, 639.5, 359.5
RATIONAL = [0.1, -0.2, 0.001, 0.002, 0.01, 0.1, -0.05, 0.01]


def info(width=1280, height=720, model='plumb_bob', d=(), binning=(0, 0), roi=(0, 0, 0, 0), **changes):
    """Of a 1280 x 720 px camera; roi: left, top, width, height."""
    values = {'k': [F, 0, CX, 0, F, CY, 0, 0, 1], 'p': [800.0, 0, 600, 0, 0, 800, 300, 0, 0, 0, 1, 0]}
    return SimpleNamespace(
        width=width, height=height, distortion_model=model, d=list(d), binning_x=binning[0],
        binning_y=binning[1],
        roi=SimpleNamespace(x_offset=roi[0], y_offset=roi[1], width=roi[2], height=roi[3]),
        **values | changes)


@pytest.mark.parametrize(('given', 'size_px', 'expected'), [
    (info(), (1280, 720), (F, F, CX, CY)),
    (info(), (640, 360), (F / 2, F / 2, CX / 2, CY / 2)),  # resized by somebody who does not say so
    (info(), (1920, 1080), (1.5 * F, 1.5 * F, 1.5 * CX, 1.5 * CY)),
    (info(), (641, 360), (F * 641 / 1280, F / 2, CX * 641 / 1280, CY / 2)),  # rounded
    (info(binning=(2, 2)), (640, 360), (F / 2, F / 2, CX / 2, CY / 2)),
    (info(binning=(2, 2)), (1280, 720), (F, F, CX, CY)),  # binning said, and not done
    (info(binning=(2, 1)), (640, 720), (F / 2, F, CX / 2, CY)),
    (info(roi=(320, 100, 640, 480)), (640, 480), (F, F, CX - 320, CY - 100)),
    (info(roi=(320, 100, 640, 480), binning=(2, 2)), (320, 240),
     (F / 2, F / 2, (CX - 320) / 2, (CY - 100) / 2)),
    (info(width=0, height=0), (640, 480), (F, F, CX, CY)),  # nothing to compare with
])
def test_k_is_that_of_the_image(given, size_px, expected):
    matrix = image_intrinsics(given, size_px).matrix
    assert (matrix[0, 0], matrix[1, 1], matrix[0, 2], matrix[1, 2]) == pytest.approx(expected)
    assert matrix[2].tolist() == [0, 0, 1]


def test_another_shape_is_refused():
    with pytest.raises(InputError, match='for 1280 x 720 px images, not for 640 x 480 px: their shapes'):
        image_intrinsics(info(), (640, 480))


def test_rectified_images_have_p_and_no_distortion():
    camera = image_intrinsics(info(d=[0.1] * 5), (640, 360), rectified=True)
    assert camera.matrix.tolist() == [[400, 0, 300], [0, 400, 150], [0, 0, 1]]
    assert camera.distortion.size == 0
    camera = image_intrinsics(info(d=[0.1] * 5, p=[0.0] * 12), (1280, 720), rectified=True)
    assert (camera.matrix[0, 0], camera.distortion.size) == (F, 0)
    assert is_rectified('/cam/image_rect_color/compressed') and is_rectified('image_rect')
    assert not is_rectified('/rectangle/image_raw')


@pytest.mark.parametrize(('model', 'd'), [
    ('plumb_bob', RATIONAL[:4]), ('plumb_bob', RATIONAL[:5]), ('rational_polynomial', RATIONAL),
    ('rational_polynomial', [*RATIONAL, 0.001, 0.002, 0.003, 0.004]),
    ('rational_polynomial', [*RATIONAL, 0.001, 0.002, 0.003, 0.004, 0.01, 0.02])])
def test_pinhole_models_are_opencv_s(model, d):
    camera = image_intrinsics(info(model=model, d=d), (1280, 720))
    points = np.array([[-1.0, 0.5, 4], [0.3, -0.6, 3]])
    expected, _ = cv2.projectPoints(points, np.zeros(3), np.zeros(3), camera.matrix, np.array(d))
    assert camera.project(points) == pytest.approx(expected.reshape(-1, 2))
    assert camera.rays(camera.project(points)) == pytest.approx(points[:, :2] / points[:, 2:], abs=1e-6)


def test_equidistant_is_the_fisheye_model():
    camera = image_intrinsics(info(model='equidistant', d=[0.0] * 4), (1280, 720))
    points = np.array([[2.0, 0, 2]])  # 45 degrees to the right
    assert camera.project(points)[0] == pytest.approx([CX + F * np.pi / 4, CY])
    assert camera.rays(camera.project(points))[0] == pytest.approx([1, 0], abs=1e-6)
    with pytest.raises(InputError, match='distortion must be 4 numbers, not 5'):
        image_intrinsics(info(model='equidistant', d=[0.1] * 5), (1280, 720))


@pytest.mark.parametrize('model', ['none', '', 'None', 'plumb_bob', 'whatever'])
def test_zeros_are_no_distortion_whatever_they_are_called(model):
    assert image_intrinsics(info(model=model, d=[0.0] * 5), (1280, 720)).distortion.size == 0


def test_an_unknown_model_is_refused_by_name():
    with pytest.raises(InputError, match="distortion model 'division' is not supported"):
        image_intrinsics(info(model='division', d=[0.1]), (1280, 720))


@pytest.mark.parametrize('changes', [{'d': [np.nan] * 5}, {'k': [np.nan] * 9}, {'k': [np.inf] + [0] * 8}])
def test_no_numbers_are_no_calibration_with_one_warning(changes, caplog):
    _warn_once.cache_clear()
    with caplog.at_level(logging.WARNING):
        assert [image_intrinsics(info(**changes), (1280, 720)) for _ in range(3)] == [None] * 3
    assert caplog.text.count('the camera is treated as not calibrated') == 1
    assert image_intrinsics(info(k=[0.0] * 9), (1280, 720)) is None
