import numpy as np
import pytest

from hemlets_ros.detection import input_size
from hemlets_ros.detection.input_size import input_size_px


@pytest.mark.parametrize(('width', 'cores', 'on_gpu', 'expected'), [
    (320, 2, False, 640), (640, 2, False, 800), (768, 2, False, 960), (1280, 2, False, 960),
    (1280, 8, False, 1280), (1920, 2, True, 1280)])
def test_by_image_and_machine(monkeypatch, width, cores, on_gpu, expected):
    monkeypatch.setattr(input_size, 'available_cores', lambda: cores)
    for shape in ((width // 2, width, 3), (width, width // 2, 3)):
        assert input_size_px(0, np.zeros(shape, np.uint8), on_gpu) == expected


def test_a_given_size_is_kept():
    assert input_size_px(416, np.zeros((720, 1280, 3), np.uint8), True) == 416
