"""A pool of detectors, so that several threads can detect at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

import numpy as np

from hemlets_ros.detection.detector import Detector, ScalingDetector, sizes_shown_px
from hemlets_ros.detection.registry import make_detector
from hemlets_ros.people import Box
from hemlets_ros.settings import DetectorSettings


class DetectorPool:
    """A detector for several threads: each concurrent call has its own instance, because of their state.

    The first instance is made at once, so that errors show early; the others are made when they are needed.
    """

    def __init__(self, settings: DetectorSettings, device: str = 'auto') -> None:
        self._settings, self._device = settings, device
        self._making = threading.Lock()
        first = make_detector(settings, device)
        self._first, self._idle = first, deque[Detector]([first])
        #: Whether the detector is a ScalingDetector.
        self.scales = hasattr(first, 'at_size')

    def __call__(self, image: np.ndarray, score_threshold: float) -> list[Box]:
        return self._with_idle(lambda detector: detector(image, score_threshold))

    def at_size(self, image: np.ndarray, score_threshold: float, size_px: int) -> list[Box]:
        """See ScalingDetector; only if `scales` is true."""
        def run(detector: ScalingDetector) -> list[Box]:
            return detector.at_size(image, score_threshold, size_px)

        return self._with_idle(run)

    def sizes_px(self, image: np.ndarray) -> list[int]:
        """See ScalingDetector."""
        return sizes_shown_px(self._first, image)

    def make_ready(self, threads: int) -> None:
        """Makes detectors for this number of threads now instead of when they are needed."""
        with self._making:
            while len(self._idle) < threads:
                self._idle.append(make_detector(self._settings, self._device))

    def _with_idle(self, run: Callable[..., list[Box]]) -> list[Box]:
        try:
            detector = self._idle.pop()
        except IndexError:
            with self._making:
                detector = make_detector(self._settings, self._device)
        try:
            return run(detector)
        finally:
            self._idle.append(detector)
