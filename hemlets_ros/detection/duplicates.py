"""Removes duplicate detections: two boxes of different size around the same keypoints."""

from __future__ import annotations

import numpy as np

from hemlets_ros.people import Box

_MIN_SCORE = 0.3  # keypoints with a lower score are not compared
_MIN_KEYPOINTS = 5
#: Mean distance of the keypoints, as a share of the smaller box' diagonal, below which two boxes are the same
#: person. Different people are further apart: the nearest pair in OpenCV's vtest.avi by 0.28.
_MAX_DISTANCE = 0.1


def without_duplicates(boxes: list[Box]) -> list[Box]:
    """Removes boxes of people who have a box earlier in the list.

    boxes: sorted by falling score. Boxes without keypoints are kept: their
    duplicates are suppressed by detectors.
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
    return bool(distance < _MAX_DISTANCE * diagonal)
