"""Track ids: a person keeps the same id from image to image (ByteTrack, Zhang et al. 2022).

Our own: the libraries that have it bring SciPy, matplotlib and NumPy 2, 180 MB for what follows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hemlets_ros.geometry.box_overlap import overlaps
from hemlets_ros.people import Box, TrackingState
from hemlets_ros.tracking.assignment import best_pairs
from hemlets_ros.tracking.box_filter import BoxFilter
from hemlets_ros.tracking.image_clock import ImageClock

_LEAST_OVERLAP = 0.1  # intersection over union of a box and where its track should be
_SLACK = 1e-3  # steps: sums of steps are not exact
_NO_ID = -1


@dataclass
class _Track:
    """Somebody who was seen; with the second time comes the id."""

    filter: BoxFilter
    id: int = _NO_ID
    unseen_steps: float = 0.0
    unseen_images: int = 0

    def see(self, xyxy_px: np.ndarray) -> None:
        self.filter.see(xyxy_px)
        self.unseen_steps, self.unseen_images = 0.0, 0


class Tracker:
    """Assigns track ids to boxes; boxes without a track (yet) get -1, -2 ..., unique in the image.

    Args:
        score_threshold: detector score from which a box starts a track.
        memory_s: how long a person may be undetected and keep the id.
    """

    def __init__(self, score_threshold: float, memory_s: float) -> None:
        self._score_threshold, self._memory_s = score_threshold, memory_s
        self._clock = ImageClock()
        self._tracks: list[_Track] = []
        self._next_id = 0
        self._fresh = True

    def set_score_threshold(self, score_threshold: float) -> None:
        """Changes the score from which a box starts a track; existing tracks continue."""
        self._score_threshold = score_threshold

    def update(self, boxes: list[Box], stamp_s: float | None = None) -> list[Box]:
        """The boxes with ids, in their order, without those of low score that continue no track.

        Args:
            boxes: people in the next image, including some below the score threshold, which are kept if
                they continue a track.
            stamp_s: time of the image; None, or one that stands still: a constant rate of 30 Hz.
        """
        step = self._clock.step(stamp_s)
        lost = max(self._memory_s / step.typical_s, step.steps) + _SLACK
        if step.gap_s > self._memory_s:  # nobody was seen for so long
            self._tracks = []
        for track in self._tracks:
            track.filter.predict(step.steps)
            track.unseen_steps += step.steps
            track.unseen_images += 1
        self._tracks = [track for track in self._tracks if track.unseen_steps <= lost]
        highest_id = self._next_id - 1
        ids = self._ids(boxes)
        # Those without an id are forgotten with the second image that does not show them.
        self._tracks = [track for track in self._tracks if track.id != _NO_ID or track.unseen_images < 2]
        result, unnamed = [], 0
        for box, track_id in zip(boxes, ids, strict=True):
            if track_id != _NO_ID:
                # Ids only grow: one that is higher than all before is new.
                state = TrackingState.NEW if track_id > highest_id else TrackingState.OK
            elif box.score >= self._score_threshold:
                unnamed += 1
                track_id, state = -unnamed, TrackingState.NEW
            else:
                continue
            result.append(replace(box, track_id=track_id, tracking=state))
        return result

    def _ids(self, boxes: list[Box]) -> list[int]:
        """The id of each box, or _NO_ID: first the sure boxes are paired with tracks, then the others."""
        ids = [_NO_ID] * len(boxes)
        sure = [index for index, box in enumerate(boxes) if box.score >= self._score_threshold]
        unsure = [index for index, box in enumerate(boxes) if box.score < self._score_threshold]
        free = self._tracks
        for group in (sure, unsure):
            pairs = _pairs(free, [boxes[index].xyxy_px for index in group])
            for row, column in pairs:
                free[row].see(boxes[group[column]].xyxy_px)
                ids[group[column]] = self._named(free[row])
            paired = {row for row, _ in pairs}
            free = [track for row, track in enumerate(free) if row not in paired]
            if group is sure:
                known = {column for _, column in pairs}
                new = [index for column, index in enumerate(sure) if column not in known]
        for index in new:
            track = _Track(BoxFilter(boxes[index].xyxy_px))
            self._tracks.append(track)
            if self._fresh:  # the first people have ids at once, as if the image had been shown twice
                track.see(boxes[index].xyxy_px)
                ids[index] = self._named(track)
        self._fresh = self._fresh and not sure
        return ids

    def _named(self, track: _Track) -> int:
        if track.id == _NO_ID:
            track.id, self._next_id = self._next_id, self._next_id + 1
        return track.id


def _pairs(tracks: list[_Track], boxes_px: list[np.ndarray]) -> list[tuple[int, int]]:
    """(track, box) of those that overlap enough, by index."""
    if not tracks or not boxes_px:
        return []
    shared = overlaps(np.array([track.filter.xyxy_px for track in tracks]), np.array(boxes_px, float))
    return [(row, column) for row, column in best_pairs(shared) if shared[row, column] >= _LEAST_OVERLAP]
