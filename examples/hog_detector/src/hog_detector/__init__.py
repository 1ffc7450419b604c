"""OpenCV's HOG person detector (Dalal and Triggs, 2005) as a detector of hemlets_ros: `detector:=hog`.

It detects upright people who are fully visible and at least 128 px high, and gives no keypoints.
"""

from __future__ import annotations

import cv2
import numpy as np

from hemlets_ros.people import Box
from hemlets_ros.settings import DetectorSettings

#: Margin of HOG's boxes around the person, as shares of width and height, on each side.
_PADDING = np.array([0.15, 0.05])


class HogDetector:
    """See hemlets_ros.detection.Detector."""

    def __init__(self) -> None:
        self._hog = cv2.HOGDescriptor()
        self._hog.setSVMDetector(cv2.HOGDescriptor.getDefaultPeopleDetector())

    def __call__(self, image: np.ndarray, score_threshold: float) -> list[Box]:
        corners, margins = self._hog.detectMultiScale(image, winStride=(8, 8), scale=1.05)
        boxes = []
        for (x, y, width, height), margin in zip(corners, np.ravel(margins), strict=True):
            score = float(1 / (1 + np.exp(-2 * margin)))  # converts the classifier's margin to 0..1
            if score >= score_threshold:
                low, size = np.array([x, y], float), np.array([width, height], float)
                boxes.append(Box(np.concatenate([low + _PADDING * size, low + (1 - _PADDING) * size]), score))
        return boxes


def make_detector(settings: DetectorSettings, device: str) -> HogDetector:
    """The entry point. The detector always runs on the CPU and ignores `device`."""
    return HogDetector()
