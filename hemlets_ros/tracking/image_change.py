"""Detects changes of the image outside of tracked people: a cheap sign of newcomers."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from hemlets_ros.geometry.window import Window

_ROWS, _COLUMNS = 36, 64
_SAMPLES = 4  # pixels per cell in each direction that are looked at
_CHANGED = 12  # grey levels
_LEAST_CELLS = 3  # of somebody 100 px tall in an image of 1280 x 720 px there are ten


class ImageChange:
    """Compares grey images of 64 x 36 cells with the one of the last detection.

    What all cells have in common, as when a camera adapts its exposure, is no change.
    """

    def __init__(self) -> None:
        self._reference: np.ndarray | None = None
        self._known = np.zeros((_ROWS, _COLUMNS), bool)  # where people were followed since then

    def look(self, image: np.ndarray, windows: Sequence[Window]) -> bool:
        """Whether something changed outside the windows, and where they were since `keep`.

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
        return int(((np.abs(difference) > _CHANGED) & ~self._known).sum()) >= _LEAST_CELLS

    def keep(self, image: np.ndarray) -> None:
        """Compares with this image from now on."""
        self._reference = _small(image)
        self._known[:] = False


def _small(image: np.ndarray) -> np.ndarray:
    """(36, 64) float32 grey levels, of a few pixels per cell."""
    step = [max(side // (cells * _SAMPLES), 1) for side, cells in zip(image.shape, (_ROWS, _COLUMNS),
                                                                      strict=False)]
    grey = cv2.cvtColor(np.ascontiguousarray(image[::step[0], ::step[1]]), cv2.COLOR_BGR2GRAY)
    return cv2.resize(grey, (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA).astype(np.float32)
