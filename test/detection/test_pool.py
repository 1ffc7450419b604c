import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from hemlets_ros.detection import pool
from hemlets_ros.errors import DetectorError
from hemlets_ros.settings import DetectorSettings


def test_threads_at_the_same_time_have_a_detector_each(monkeypatch):
    together, made = threading.Barrier(2, timeout=30), []

    class Detector:

        def __init__(self, settings, device):
            made.append((settings, device))
            self.busy = False

        def __call__(self, image, score_threshold):
            assert not self.busy
            self.busy = True
            together.wait()
            self.busy = False
            return [image, score_threshold]

    monkeypatch.setattr(pool, 'make_detector', Detector)
    settings = DetectorSettings(score_threshold=0.3)
    detect = pool.DetectorPool(settings, 'cpu')
    assert len(made) == 1
    with ThreadPoolExecutor(2) as threads:
        for _ in range(3):
            found = [threads.submit(detect, image, 0.5) for image in (1, 2)]
            assert [each.result() for each in found] == [[1, 0.5], [2, 0.5]]
    assert made == [(settings, 'cpu')] * 2


def test_a_detector_that_failed_serves_again(monkeypatch):
    made = []

    class Detector:

        def __init__(self, *_):
            made.append(self)

        def __call__(self, image, _):
            if image is None:
                raise DetectorError('no image')
            return []

    monkeypatch.setattr(pool, 'make_detector', Detector)
    detect = pool.DetectorPool(DetectorSettings())
    with pytest.raises(DetectorError):
        detect(None, 0.5)
    assert detect('image', 0.5) == []
    assert len(made) == 1


def test_the_sizes_are_those_of_its_detectors(monkeypatch):
    class Detector:

        def __init__(self, *_):
            pass

    image = np.zeros((90, 160, 3), np.uint8)
    monkeypatch.setattr(pool, 'make_detector', Detector)
    assert pool.DetectorPool(DetectorSettings()).sizes_px(image) == [160]
    monkeypatch.setattr(Detector, 'sizes_px', lambda self, image: [32, image.shape[0]], raising=False)
    assert pool.DetectorPool(DetectorSettings()).sizes_px(image) == [32, 90]
