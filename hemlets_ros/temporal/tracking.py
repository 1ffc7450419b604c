"""Track ids: the same person keeps the same id from image to image (ByteTrack, Zhang et al. 2022)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hemlets_ros.late_imports import late
from hemlets_ros.people import Box, TrackingState

# For drawing trails, for filling masks and for downloads, which we do not.
with late('scipy.interpolate', 'splev', 'splprep'), late('scipy.spatial', 'cKDTree'), late('requests'):
    import supervision
    from trackers import ByteTrackTracker

_NOMINAL_RATE_HZ = 30.0


class Tracker:
    """Gives boxes their track ids. Boxes without a track (yet) get -1, -2 ..., unique in the image."""

    def __init__(self, score_threshold: float, memory_s: float) -> None:
        self._score_threshold = score_threshold
        self._tracker = ByteTrackTracker(
            lost_track_buffer=round(memory_s * _NOMINAL_RATE_HZ), frame_rate=_NOMINAL_RATE_HZ,
            track_activation_threshold=score_threshold, high_conf_det_threshold=score_threshold,
            minimum_consecutive_frames=1)
        self._highest_id = -1
        self._fresh = True

    def set_score_threshold(self, score_threshold: float) -> None:
        """Boxes from this score on begin a track; those that exist go on."""
        self._score_threshold = score_threshold
        self._tracker.track_activation_threshold = score_threshold
        self._tracker.high_conf_det_threshold = score_threshold

    def update(self, boxes: list[Box], stamp_s: float | None = None) -> list[Box]:
        """The boxes with ids, in their order, without those of low score that continue no track.

        Args:
            boxes: people in the next image, also some below the score threshold: those are kept
                where they continue a track.
            stamp_s: the image's time; None: a steady rate.
        """
        detections = supervision.Detections(
            xyxy=np.array([box.xyxy_px for box in boxes], float).reshape(-1, 4),
            confidence=np.array([box.score for box in boxes], float),
            data={'order': np.arange(len(boxes))})
        tracked = self._tracker.update(detections, timestamp=stamp_s)
        if self._fresh and any(box.score >= self._score_threshold for box in boxes):
            # ByteTrack names a track at its second sighting. The people of the first image have no
            # earlier one to wait for: show it twice.
            tracked = self._tracker.update(detections, timestamp=None if stamp_s is None
                                           else stamp_s + 1 / _NOMINAL_RATE_HZ / 1000)
            self._fresh = False
        ids = np.full(len(boxes), -1)
        if len(tracked):
            ids[tracked.data['order']] = tracked.tracker_id
        result, unnamed, highest_id = [], 0, self._highest_id
        for box, track_id in zip(boxes, ids.tolist(), strict=True):
            if track_id >= 0:
                # Ids only grow, so one that is higher than all before is new.
                state = TrackingState.NEW if track_id > highest_id else TrackingState.OK
                self._highest_id = max(self._highest_id, track_id)
            elif box.score >= self._score_threshold:
                unnamed += 1
                track_id, state = -unnamed, TrackingState.NEW
            else:
                continue
            result.append(replace(box, track_id=track_id, tracking=state))
        return result
