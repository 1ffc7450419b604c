"""Track ids: a person keeps the same id from image to image (ByteTrack, Zhang et al. 2022).

This is an implementation of our own, because libraries with ByteTrack depend on SciPy, matplotlib and NumPy
2, together 180 MB.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hemlets_ros.people import Box, TrackingState
from hemlets_ros.tracking.assignment import overlapping_pairs
from hemlets_ros.tracking.box_filter import BoxFilter
from hemlets_ros.tracking.image_clock import ImageClock

_MIN_OVERLAP = 0.1  # intersection over union of a box and the predicted box of its track
_SLACK = 1e-3  # steps; sums of steps have rounding errors
_NO_ID = -1


@dataclass
class _Track:
    """A track. It gets its id with the second detection."""

    filter: BoxFilter
    id: int = _NO_ID
    unseen_steps: float = 0.0
    unseen_images: int = 0

    def see(self, xyxy_px: np.ndarray) -> None:
        self.filter.see(xyxy_px)
        self.unseen_steps, self.unseen_images = 0.0, 0


class Tracker:
    """Assigns track ids to boxes. Boxes that have no id yet get -1, -2 ..., unique in the image.

    Args:
        score_threshold: smallest detector score with which a box starts a track.
        memory_s: time without a detection after which a track ends.
    """

    def __init__(self, score_threshold: float, memory_s: float) -> None:
        self._score_threshold, self._memory_s = score_threshold, memory_s
        self._clock = ImageClock()
        self._tracks: list[_Track] = []
        self._next_id = 0
        self._fresh = True

    def set_score_threshold(self, score_threshold: float) -> None:
        """Changes the smallest score with which a box starts a track; existing tracks continue."""
        self._score_threshold = score_threshold

    def update(self, boxes: list[Box], stamp_s: float | None = None) -> list[Box]:
        """Assigns ids to the boxes of the next image.

        Args:
            boxes: people in the image. Boxes below the score threshold can only continue tracks.
            stamp_s: time of the image. If it is None or does not advance, a rate of 30 Hz is assumed.

        Returns the boxes with ids in the same order, without boxes of low score that do not continue a track.
        """
        step = self._clock.step(stamp_s)
        lost = max(self._memory_s / step.typical_s, step.steps) + _SLACK
        if step.gap_s > self._memory_s:  # no images for longer than tracks are kept
            self._tracks = []
        for track in self._tracks:
            track.filter.predict(step.steps)
            track.unseen_steps += step.steps
            track.unseen_images += 1
        self._tracks = [track for track in self._tracks if track.unseen_steps <= lost]
        highest_id = self._next_id - 1
        ids = self._ids(boxes)
        # A track without an id ends with the second image in which it is not detected.
        self._tracks = [track for track in self._tracks if track.id != _NO_ID or track.unseen_images < 2]
        result, unnamed = [], 0
        for box, track_id in zip(boxes, ids, strict=True):
            if track_id != _NO_ID:
                # Ids increase, so an id above all previous ones is new.
                state = TrackingState.NEW if track_id > highest_id else TrackingState.OK
            elif box.score >= self._score_threshold:
                unnamed += 1
                track_id, state = -unnamed, TrackingState.NEW
            else:
                continue
            result.append(replace(box, track_id=track_id, tracking=state))
        return result

    def _ids(self, boxes: list[Box]) -> list[int]:
        """The id of each box, or _NO_ID. Boxes of high score are paired with tracks first."""
        ids = [_NO_ID] * len(boxes)
        high = [index for index, box in enumerate(boxes) if box.score >= self._score_threshold]
        low = [index for index, box in enumerate(boxes) if box.score < self._score_threshold]
        free = self._tracks
        for group in (high, low):
            pairs = _pairs(free, [boxes[index].xyxy_px for index in group])
            for row, column in pairs:
                free[row].see(boxes[group[column]].xyxy_px)
                ids[group[column]] = self._named(free[row])
            paired = {row for row, _ in pairs}
            free = [track for row, track in enumerate(free) if row not in paired]
            if group is high:
                matched = {column for _, column in pairs}
                new = [index for column, index in enumerate(high) if column not in matched]
        for index in new:
            track = _Track(BoxFilter(boxes[index].xyxy_px))
            self._tracks.append(track)
            if self._fresh:  # the first people get their ids at once, as if they had been detected twice
                track.see(boxes[index].xyxy_px)
                ids[index] = self._named(track)
        self._fresh = self._fresh and not high
        return ids

    def _named(self, track: _Track) -> int:
        if track.id == _NO_ID:
            track.id, self._next_id = self._next_id, self._next_id + 1
        return track.id


def _pairs(tracks: list[_Track], boxes_px: list[np.ndarray]) -> list[tuple[int, int]]:
    """Pairs (track, box), by index, with sufficient overlap."""
    if not tracks or not boxes_px:
        return []
    return overlapping_pairs(np.array([track.filter.xyxy_px for track in tracks]), np.array(boxes_px, float),
                             _MIN_OVERLAP)
