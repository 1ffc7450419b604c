"""Predicts people between detections: boxes move at the velocity between the last two detections, and
keypoints move with their box.

docs/performance_history.md compares this with no motion, with a velocity per keypoint, and with optical flow.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hemlets_ros.people import Box

_MAX_GROWTH = 2.0  # between two detections; greater changes are errors, such as a box without the legs


class Motion:
    """Predicts from the last two detections of each person."""

    def __init__(self) -> None:
        self._last_s = self._before_s = 0.0
        self._last: list[Box] = []
        self._before: dict[int, Box] = {}

    def seen(self, boxes: list[Box], stamp_s: float) -> None:
        """Stores the people detected in an image, with their track ids."""
        self._before, self._before_s = {box.track_id: box for box in self._last}, self._last_s
        self._last, self._last_s = boxes, stamp_s

    def at(self, boxes: list[Box], stamp_s: float) -> list[Box]:
        """Predicts the boxes of the last detection at a later time.

        The box of a person who was detected once or is not tracked does not move. The prediction reaches at
        most as far ahead as the time between the last two detections.

        Args:
            boxes: the boxes of the last call of `seen`, with their current track ids.
            stamp_s: time of the image.
        """
        self._last = boxes
        past_s = self._last_s - self._before_s
        # Limited, because images may have been lost.
        steps = min((stamp_s - self._last_s) / past_s, 1.0) if past_s > 0 else 0.0
        return [_moved(box, self._before[box.track_id], steps)
                if box.track_id >= 0 and box.track_id in self._before else box for box in boxes]


def _moved(box: Box, before: Box, steps: float) -> Box:
    """Extrapolates from `before` to `box` by `steps`: the centre linearly, the size exponentially."""
    (centre, size), (old_centre, old_size) = _centre_and_size(box), _centre_and_size(before)
    growth = np.clip(size / old_size, 1 / _MAX_GROWTH, _MAX_GROWTH) ** steps
    new_centre = centre + steps * (centre - old_centre)
    keypoints_px = box.keypoints_px
    if keypoints_px is not None:
        keypoints_px = new_centre + (keypoints_px - centre) * growth
    half = size * growth / 2
    return replace(box, xyxy_px=np.concatenate([new_centre - half, new_centre + half]),
                   keypoints_px=keypoints_px)


def _centre_and_size(box: Box) -> tuple[np.ndarray, np.ndarray]:
    """Centre and size of a box, (2,) each."""
    return (box.xyxy_px[:2] + box.xyxy_px[2:]) / 2, box.xyxy_px[2:] - box.xyxy_px[:2]
