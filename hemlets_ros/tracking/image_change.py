"""Detects changes of the image outside tracked people: a cheap indication that a new person has entered."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from hemlets_ros.geometry.window import Window

_ROWS, _COLUMNS = 36, 64
_SAMPLES = 4  # sampled pixels per cell in each direction
_MIN_DIFFERENCE = 12  # grey levels
_MIN_CELLS = 3  # a person 100 px tall in an image of 1280 x 720 px covers ten


class ImageChange:
    """Compares grey images of 64 x 36 cells with the image of the last detection.

    The median difference of all cells, as from a change of exposure, is subtracted.
    """

    def __init__(self) -> None:
        self._reference: np.ndarray | None = None
        self._known = np.zeros((_ROWS, _COLUMNS), bool)  # cells inside windows since the last detection

    def look(self, image: np.ndarray, windows: Sequence[Window]) -> bool:
        """Whether the image has changed outside the windows, and outside all windows since `keep`.

        image: (H, W, 3) uint8 BGR.
        """
        height, width = image.shape[:2]
        for each in windows:
            self._known[each.top * _ROWS // height:-(-each.bottom * _ROWS // height),
                        each.left * _COLUMNS // width:-(-each.right * _COLUMNS // width)] = True
        if self._reference is None:
            return True
        difference = _small(image) - self._reference
        difference -= np.median(difference)
        return int(((np.abs(difference) > _MIN_DIFFERENCE) & ~self._known).sum()) >= _MIN_CELLS

    def keep(self, image: np.ndarray) -> None:
        """Makes this image the reference."""
        self._reference = _small(image)
        self._known[:] = False


def _small(image: np.ndarray) -> np.ndarray:
    """Grey levels (36, 64), float32, averaged over a few pixels per cell."""
    step = [max(side // (cells * _SAMPLES), 1) for side, cells in zip(image.shape, (_ROWS, _COLUMNS),
                                                                      strict=False)]
    grey = cv2.cvtColor(np.ascontiguousarray(image[::step[0], ::step[1]]), cv2.COLOR_BGR2GRAY)
    return cv2.resize(grey, (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA).astype(np.float32)
