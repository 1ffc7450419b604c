"""Detection windows: small image regions around tracked people, in which the detector runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

#: Longer side of a person's box in the detector's input, px. At this size keypoints differ from those found
#: in the whole image no more than those from two sizes of the whole image differ; at 160 px they are worse.
#: With the margins it is just below 256 px, a multiple of the stride.
PERSON_PX = 190
_MARGIN = 0.15  # on each side of the box, as a share of its longer side
_MARGIN_OF_STEP = 0.5  # additional margin per expected displacement, because the prediction may be wrong
_MAX_SCALE = 3.0  # further enlargement adds no detail
_STRIDE = 32  # detectors pad images to multiples of it
_CALL_PX = 8000  # fixed cost of a call to the detector, expressed in pixels


@dataclass(frozen=True)
class Window:
    """A region of an image (right and bottom are exclusive), and the scale at which the detector sees it."""

    left: int
    top: int
    right: int
    bottom: int
    scale: float  # px of the detector's input per px of the image

    @property
    def size_px(self) -> int:
        """The longer side of the detector's input."""
        return max(round(self.scale * max(self.right - self.left, self.bottom - self.top)), _STRIDE)

    @property
    def cost_px(self) -> float:
        """Cost of running the detector: its number of pixels, and the fixed cost of a call."""
        sides = np.array([self.right - self.left, self.bottom - self.top]) * self.scale
        return float(np.prod(np.ceil(sides / _STRIDE) * _STRIDE)) + _CALL_PX

    @property
    def offset_px(self) -> np.ndarray:
        """Position (2,) of the window in the image."""
        return np.array([self.left, self.top], float)

    def cut(self, image: np.ndarray) -> np.ndarray:
        """Cuts the window out of an image (H, W, 3) and scales it down to `size_px`; it is never enlarged."""
        part = image[self.top:self.bottom, self.left:self.right]
        if self.scale >= 1:
            return np.ascontiguousarray(part)
        width, height = (max(round(side * self.size_px / max(part.shape[:2])), 1)
                         for side in part.shape[1::-1])
        smooth = cv2.INTER_AREA if self.scale < 0.5 else cv2.INTER_LINEAR
        return cv2.resize(part, (width, height), interpolation=smooth)

    def cuts(self, xyxy_px: np.ndarray, image_size_px: tuple[int, int]) -> bool:
        """Whether a box (4,), px of the image, ends at a side of the window inside the image."""
        width, height = image_size_px
        near = 0.02 * max(self.right - self.left, self.bottom - self.top) + 1
        return bool((self.left > 0 and xyxy_px[0] < self.left + near)
                    or (self.top > 0 and xyxy_px[1] < self.top + near)
                    or (self.right < width and xyxy_px[2] > self.right - near)
                    or (self.bottom < height and xyxy_px[3] > self.bottom - near))


def windows_around(boxes_px: Sequence[np.ndarray], steps_px: Sequence[float],
                   image_size_px: tuple[int, int]) -> list[Window]:
    """Non-overlapping windows that contain all these people.

    Windows that would overlap are merged. So nobody is cut off by a window or found twice.

    Args:
        boxes_px: predicted box (4,) of each person.
        steps_px: predicted displacement of each person since the last image.
        image_size_px: width, height; people outside the image get no window.
    """
    windows: list[Window] = []
    for box, step in zip(boxes_px, steps_px, strict=True):
        side = float(max(box[2:] - box[:2]))
        margin = _MARGIN * side + _MARGIN_OF_STEP * step
        low = np.floor(np.clip(box[:2] - margin, 0, image_size_px)).astype(int)
        high = np.ceil(np.clip(box[2:] + margin, 0, image_size_px)).astype(int)
        if (high > low).all():
            windows.append(Window(int(low[0]), int(low[1]), int(high[0]), int(high[1]),
                                  min(PERSON_PX / side, _MAX_SCALE)))
    return _merged(windows)


def _merged(windows: list[Window]) -> list[Window]:
    apart: list[Window] = []
    for window in windows:
        while near := [other for other in apart if _overlap(window, other)]:
            apart = [other for other in apart if other not in near]
            window = _around([window, *near])  # may overlap further windows
        apart.append(window)
    return apart


def _overlap(one: Window, other: Window) -> bool:
    return one.left < other.right and other.left < one.right \
        and one.top < other.bottom and other.top < one.bottom


def _around(windows: list[Window]) -> Window:
    """A window around several, with the greatest of their scales."""
    return Window(min(each.left for each in windows), min(each.top for each in windows),
                  max(each.right for each in windows), max(each.bottom for each in windows),
                  max(each.scale for each in windows))
