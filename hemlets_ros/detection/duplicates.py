"""Removes duplicate detections: two boxes of different size around the same keypoints."""

from __future__ import annotations

import numpy as np

from hemlets_ros.people import Box

_MIN_SCORE = 0.3  # of keypoints that are compared
_MIN_KEYPOINTS = 5
#: Mean distance of the keypoints, in shares of the smaller box' diagonal, below which both are one person.
#: Two people differ by more: the nearest pair in OpenCV's vtest.avi, a street, by 0.28.
_SAME = 0.1


def without_duplicates(boxes: list[Box]) -> list[Box]:
    """The boxes, the best scores first as given, without those that show a person once more.

    Boxes without keypoints all stay: detectors suppress those themselves.
    """
    kept: list[Box] = []
    for box in boxes:
        if not any(_is_same(box, other) for other in kept):
            kept.append(box)
    return kept


def _is_same(box: Box, other: Box) -> bool:
    if box.keypoints_px is None or other.keypoints_px is None \
            or box.keypoint_scores is None or other.keypoint_scores is None:
        return False
    seen = np.minimum(box.keypoint_scores, other.keypoint_scores) > _MIN_SCORE
    if seen.sum() < _MIN_KEYPOINTS:
        return False
    distance = np.linalg.norm(box.keypoints_px[seen] - other.keypoints_px[seen], axis=1).mean()
    diagonal = min(np.hypot(*(each.xyxy_px[2:] - each.xyxy_px[:2])) for each in (box, other))
    return bool(distance < _SAME * diagonal)
