"""Where people are between two detections: boxes go on as between the last two, keypoints along with them.

Measured against holding still, moving each keypoint by its own speed, and optical flow: see docs/realtime.md.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hemlets_ros.people import Box

_MOST_GROWTH = 2.0  # between two detections; more is a box that has lost its person's legs


class Motion:
    """Remembers the last two detections of each person."""

    def __init__(self) -> None:
        self._last_s = self._before_s = 0.0
        self._last: list[Box] = []
        self._before: dict[int, Box] = {}

    def seen(self, boxes: list[Box], stamp_s: float) -> None:
        """People as they are detected, with their track ids."""
        self._before, self._before_s = {box.track_id: box for box in self._last}, self._last_s
        self._last, self._last_s = boxes, stamp_s

    def at(self, boxes: list[Box], stamp_s: float) -> list[Box]:
        """The people last seen at a later time. Who was detected once, or is not tracked, stays.

        boxes: as they were seen, with their track ids as they are by now.
        """
        self._last = boxes
        past_s = self._last_s - self._before_s
        # Not further than there is a past to judge by: images may have been lost.
        steps = min((stamp_s - self._last_s) / past_s, 1.0) if past_s > 0 else 0.0
        return [_moved(box, self._before[box.track_id], steps)
                if box.track_id >= 0 and box.track_id in self._before else box for box in boxes]


def _moved(box: Box, before: Box, steps: float) -> Box:
    """The box so many steps further, one being that from `before`: the centre by sum, the size by factor."""
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
