"""Boxes and keypoints given by the caller instead of the detector."""

from __future__ import annotations

import numpy as np

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.crop import checked_box
from hemlets_ros.people import Box
from hemlets_ros.skeleton import COCO_NAMES


def given_boxes(boxes: np.ndarray | None, keypoints: np.ndarray | None) -> list[Box] | None:
    """Boxes from arrays (N, 4) and (N, 17, 3); None without boxes. Raises InputError for invalid arrays."""
    if boxes is None:
        if keypoints is not None:
            raise InputError('keypoints need boxes')
        return None
    boxes = np.asarray(boxes, float).reshape(-1, 4) if np.size(boxes) == 0 else \
        np.asarray(boxes, float)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise InputError(f'boxes must have shape (N, 4), not {boxes.shape}')
    checked = [checked_box(box) for box in boxes]
    if keypoints is None:
        return [Box(box, 1.0) for box in checked]
    keypoints = np.asarray(keypoints, float)
    if keypoints.shape != (len(checked), len(COCO_NAMES), 3):
        raise InputError(f'keypoints must have shape ({len(checked)}, {len(COCO_NAMES)}, 3), '
                         f'not {keypoints.shape}')
    return [Box(box, 1.0, points[:, :2], points[:, 2])
            for box, points in zip(checked, keypoints, strict=True)]
