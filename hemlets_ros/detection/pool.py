"""Several threads may detect at once."""

from __future__ import annotations

import threading
from collections import deque

import numpy as np

from hemlets_ros.detection.detector import Detector
from hemlets_ros.detection.registry import make_detector
from hemlets_ros.people import Box
from hemlets_ros.settings import DetectorSettings


class DetectorPool:
    """A detector of which each thread that calls it at the same time has one: they keep what they work on.

    The first is made at once, so that what cannot be set up is known; others when they are needed.
    """

    def __init__(self, settings: DetectorSettings, device: str = 'auto') -> None:
        self._settings, self._device = settings, device
        self._making = threading.Lock()
        self._idle: deque[Detector] = deque([make_detector(settings, device)])

    def __call__(self, image: np.ndarray, score_threshold: float) -> list[Box]:
        try:
            detector = self._idle.pop()
        except IndexError:
            with self._making:
                detector = make_detector(self._settings, self._device)
        try:
            return detector(image, score_threshold)
        finally:
            self._idle.append(detector)
