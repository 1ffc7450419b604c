"""Image -> boxes of people, one file a detector, behind one protocol."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from hemlets_ros.people import Box
from hemlets_ros.settings import DetectorSettings


class Detector(Protocol):
    """Finds people in an image."""

    def __call__(self, image: np.ndarray, score_threshold: float) -> list[Box]:
        """People in a (H, W, 3) uint8 BGR image with at least that score, in any order."""
        ...


def make_detector(settings: DetectorSettings, device: str = 'auto') -> Detector:
    """The detector that `settings` name. Raises DetectorError where it cannot be set up."""
    # Imported when chosen: ultralytics is AGPL-3.0 and slow to import, and others need none of it.
    if settings.detector == 'ultralytics':
        from hemlets_ros.detection.ultralytics_detector import UltralyticsDetector

        return UltralyticsDetector(settings, device)
    if settings.detector == 'darknet':
        from hemlets_ros.detection.darknet import DarknetDetector

        return DarknetDetector(settings)
    from hemlets_ros.detection.whole_image import WholeImageDetector

    return WholeImageDetector()
