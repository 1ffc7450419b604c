"""Predicts people between detections: boxes keep the velocity of the last two, keypoints move with their box.

docs/performance_history.md compares this with no motion, with a velocity per keypoint, and with optical flow.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hemlets_ros.people import Box

_MOST_GROWTH = 2.0  # between two detections; more means a box that, for instance, lost the person's legs


class Motion:
    """Predicts from the last two detections of each person."""

    def __init__(self) -> None:
        self._last_s = self._before_s = 0.0
        self._last: list[Box] = []
        self._before: dict[int, Box] = {}

    def seen(self, boxes: list[Box], stamp_s: float) -> None:
        """Takes the people that were detected in an image, with their track ids."""
        self._before, self._before_s = {box.track_id: box for box in self._last}, self._last_s
        self._last, self._last_s = boxes, stamp_s

    def at(self, boxes: list[Box], stamp_s: float) -> list[Box]:
        """The boxes of the last detection, moved to a later time.

        A person who was detected once, or is not tracked, keeps the box. The prediction goes no further than
        the time between the last two detections.

        Args:
            boxes: those of the last `seen`, with their current track ids.
            stamp_s: time of the image.
        """
        self._last = boxes
        past_s = self._last_s - self._before_s
        # No further than the history reaches: images may have been lost.
        steps = min((stamp_s - self._last_s) / past_s, 1.0) if past_s > 0 else 0.0
        return [_moved(box, self._before[box.track_id], steps)
                if box.track_id >= 0 and box.track_id in self._before else box for box in boxes]


def _moved(box: Box, before: Box, steps: float) -> Box:
    """The box `steps` times the step from `before` ahead: the centre moves linearly, the size by a factor."""
    (centre, size), (old_centre, old_size) = _place(box), _place(before)
    growth = np.clip(size / old_size, 1 / _MOST_GROWTH, _MOST_GROWTH) ** steps
    new_centre = centre + steps * (centre - old_centre)
    keypoints_px = box.keypoints_px
    if keypoints_px is not None:
        keypoints_px = new_centre + (keypoints_px - centre) * growth
    half = size * growth / 2
    return replace(box, xyxy_px=np.concatenate([new_centre - half, new_centre + half]),
                   keypoints_px=keypoints_px)


def _place(box: Box) -> tuple[np.ndarray, np.ndarray]:
    """Centre and size, (2,) each."""
    return (box.xyxy_px[:2] + box.xyxy_px[2:]) / 2, box.xyxy_px[2:] - box.xyxy_px[:2]
