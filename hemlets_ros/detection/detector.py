"""The protocol of person detectors. Other packages can add some: entry points hemlets_ros.detectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from hemlets_ros.people import Box
from hemlets_ros.settings import DetectorSettings


class Detector(Protocol):
    """Finds people in an image."""

    def __call__(self, image: np.ndarray, score_threshold: float) -> list[Box]:
        """People in a (H, W, 3) uint8 BGR image with at least this score (0..1), in any order.

        Boxes are left, top, right, bottom in px of the image; (0, 0) is the centre of the top left pixel. The
        17 keypoints of COCO (x, y in px, score 0..1) are optional; the network uses them and becomes more
        accurate. Track ids are assigned later.
        """
        ...


class ScalingDetector(Detector, Protocol):
    """A detector that takes less time for fewer pixels, as `detect` auto requires."""

    def at_size(self, image: np.ndarray, score_threshold: float, size_px: int) -> list[Box]:
        """Like a call, with the longer side of the image scaled to about `size_px`."""
        ...

    def sizes_px(self, image: np.ndarray) -> list[int]:
        """Longer side of each scaled image in which a call runs the network; used to estimate its cost."""
        ...


def sizes_shown_px(detector: Detector, image: np.ndarray) -> list[int]:
    """A detector's `sizes_px`; the longer side of the image for a detector without this method."""
    own: Callable[[np.ndarray], list[int]] | None = getattr(detector, 'sizes_px', None)
    return [max(image.shape[:2])] if own is None else own(image)


class DetectorFactory(Protocol):
    """The callable to which an entry point refers. It may be called once per thread."""

    def __call__(self, settings: DetectorSettings, device: str) -> Detector:
        """Makes a detector; device: 'auto', 'cpu', 'cuda', 'cuda:1' ... Raises DetectorError on failure."""
        ...
