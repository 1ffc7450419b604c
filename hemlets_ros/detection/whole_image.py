"""No detection: one person fills the image, as in the course project's real-time mode."""

from __future__ import annotations

import numpy as np

from hemlets_ros.people import Box
from hemlets_ros.settings import DetectorSettings


class WholeImageDetector:

    def __call__(self, image: np.ndarray, score_threshold: float) -> list[Box]:
        height, width = image.shape[:2]
        return [Box(np.array([-0.5, -0.5, width - 0.5, height - 0.5]), 1.0)]


def make_whole_image(settings: DetectorSettings, device: str) -> WholeImageDetector:
    return WholeImageDetector()
