"""The protocol of person detectors, also of those that other packages register (hemlets_ros.detectors)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from hemlets_ros.people import Box
from hemlets_ros.settings import DetectorSettings


class Detector(Protocol):
    """Finds people in an image."""

    def __call__(self, image: np.ndarray, score_threshold: float) -> list[Box]:
        """People in a (H, W, 3) uint8 BGR image with at least that score (0..1), in any order.

        Boxes are left, top, right, bottom in px of the image, (0, 0) the centre of the top left pixel. A
        detector that gives COCO's 17 keypoints (x, y in px, score 0..1) makes the skeletons better: the
        network uses them. It need not track: ids are given later.
        """
        ...


class ScalingDetector(Detector, Protocol):
    """A detector that takes less time for less pixels: only such a one can follow people (`detect` auto)."""

    def at_size(self, image: np.ndarray, score_threshold: float, size_px: int) -> list[Box]:
        """As a call, but the longer side of the image is scaled to about `size_px`."""
        ...

    def sizes_px(self, image: np.ndarray) -> list[int]:
        """The longer sides, one or more, at which a call works through the image: what it costs."""
        ...


def sizes_shown_px(detector: Detector, image: np.ndarray) -> list[int]:
    """A detector's `sizes_px`; of one that has none, such as another package's, the image's longer side."""
    own: Callable[[np.ndarray], list[int]] | None = getattr(detector, 'sizes_px', None)
    return [max(image.shape[:2])] if own is None else own(image)


class DetectorFactory(Protocol):
    """What an entry point names: makes a detector. It may be called once per thread."""

    def __call__(self, settings: DetectorSettings, device: str) -> Detector:
        """device: 'auto', 'cpu', 'cuda', 'cuda:1' ... Raises DetectorError where it cannot be set up."""
        ...
