"""Detection windows: image regions around tracked people, few and small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

#: The longer side of somebody's box in a window as the detector sees it, px. From here on keypoints differ
#: from those of the whole image no more than those of two sizes of it do; with 160 px they are worse. With
#: the margins it is just less than 256 px, a multiple of the stride.
PERSON_PX = 190
_MARGIN = 0.15  # on each side of the box, as a share of its longer side
_MARGIN_OF_STEP = 0.5  # and of the way that the person is expected to have gone: it may be wrong
_MOST_ENLARGED = 3.0  # more shows nothing new
_STRIDE = 32  # detectors pad images to multiples of it
_CALL_PX = 8000  # what a call costs besides its pixels, in pixels


@dataclass(frozen=True)
class Window:
    """Columns left to right and rows top to bottom (exclusive) of an image, and how to scale them."""

    left: int
    top: int
    right: int
    bottom: int
    scale: float  # px of the detector's image per px

    @property
    def size_px(self) -> int:
        """The longer side of the detector's image."""
        return max(round(self.scale * max(self.right - self.left, self.bottom - self.top)), _STRIDE)

    @property
    def cost_px(self) -> float:
        """Pixels that the detector works through."""
        sides = np.array([self.right - self.left, self.bottom - self.top]) * self.scale
        return float(np.prod(np.ceil(sides / _STRIDE) * _STRIDE)) + _CALL_PX

    @property
    def offset_px(self) -> np.ndarray:
        """(2,) from px of the window to px of the image."""
        return np.array([self.left, self.top], float)

    def cut(self, image: np.ndarray) -> np.ndarray:
        """The window of an image (H, W, 3), scaled down to `size_px`; what is to be enlarged is as it is."""
        part = image[self.top:self.bottom, self.left:self.right]
        if self.scale >= 1:
            return np.ascontiguousarray(part)
        width, height = (max(round(side * self.size_px / max(part.shape[:2])), 1)
                         for side in part.shape[1::-1])
        smooth = cv2.INTER_AREA if self.scale < 0.5 else cv2.INTER_LINEAR
        return cv2.resize(part, (width, height), interpolation=smooth)

    def cuts(self, xyxy_px: np.ndarray, image_size_px: tuple[int, int]) -> bool:
        """Whether a box (4,), px of the image, ends at a side of the window that is no image border."""
        width, height = image_size_px
        near = 0.02 * max(self.right - self.left, self.bottom - self.top) + 1
        return bool((self.left > 0 and xyxy_px[0] < self.left + near)
                    or (self.top > 0 and xyxy_px[1] < self.top + near)
                    or (self.right < width and xyxy_px[2] > self.right - near)
                    or (self.bottom < height and xyxy_px[3] > self.bottom - near))


def windows_around(boxes_px: Sequence[np.ndarray], steps_px: Sequence[float],
                   image_size_px: tuple[int, int]) -> list[Window]:
    """Windows that show all these people, no two of which overlap.

    Who is near somebody else shares a window: so both are seen whole, and nobody twice.

    Args:
        boxes_px: (4,) each: where people are expected.
        steps_px: how far each is expected to have gone since the last image.
        image_size_px: width, height; who is outside has no window.
    """
    windows: list[Window] = []
    for box, step in zip(boxes_px, steps_px, strict=True):
        side = float(max(box[2:] - box[:2]))
        margin = _MARGIN * side + _MARGIN_OF_STEP * step
        low = np.floor(np.clip(box[:2] - margin, 0, image_size_px)).astype(int)
        high = np.ceil(np.clip(box[2:] + margin, 0, image_size_px)).astype(int)
        if (high > low).all():
            windows.append(Window(int(low[0]), int(low[1]), int(high[0]), int(high[1]),
                                  min(PERSON_PX / side, _MOST_ENLARGED)))
    return _merged(windows)


def _merged(windows: list[Window]) -> list[Window]:
    apart: list[Window] = []
    for window in windows:
        while near := [other for other in apart if _overlap(window, other)]:
            apart = [other for other in apart if other not in near]
            window = _around([window, *near])  # may now reach others
        apart.append(window)
    return apart


def _overlap(one: Window, other: Window) -> bool:
    return one.left < other.right and other.left < one.right \
        and one.top < other.bottom and other.top < one.bottom


def _around(windows: list[Window]) -> Window:
    """One window around several; as large for the detector as the one who needs it most."""
    return Window(min(each.left for each in windows), min(each.top for each in windows),
                  max(each.right for each in windows), max(each.bottom for each in windows),
                  max(each.scale for each in windows))
