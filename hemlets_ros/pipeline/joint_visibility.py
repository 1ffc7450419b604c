"""Estimates the visibility of joints in the image."""

from __future__ import annotations

import numpy as np

from hemlets_ros.people import Box
from hemlets_ros.skeleton import COCO_FACE, COCO_NAMES, INDEX, JOINT_COUNT

#: Joints that COCO does not define -> the COCO keypoints between which they lie.
_BETWEEN = {'pelvis': ('l_hip', 'r_hip'), 'neck': ('l_shoulder', 'r_shoulder'),
            'mid_shoulder': ('l_shoulder', 'r_shoulder'),
            'spine': ('l_hip', 'r_hip', 'l_shoulder', 'r_shoulder')}


def _means() -> np.ndarray:
    """Matrix (18, 17): each joint's score as a mean of keypoint scores; without the joints of the head."""
    result = np.zeros((JOINT_COUNT, len(COCO_NAMES)))
    for name, joint in INDEX.items():
        sources = _BETWEEN.get(name) or ((name,) if name in COCO_NAMES else ())
        for source in sources:
            result[joint, COCO_NAMES.index(source)] = 1 / len(sources)
    return result


_MEANS = _means()
_HEAD = [INDEX['nose'], INDEX['head_top']]


def visibility(joints_px: np.ndarray, confidence: np.ndarray, box: Box,
               image_size_px: tuple[int, int]) -> np.ndarray:
    """Estimated probability (18,) that a joint is visible; 0 for joints outside the image.

    With keypoints it is their score. A joint between keypoints gets their mean score, and the two joints of
    the head get the greatest score of the face. Without keypoints it is the network's confidence.

    Args:
        joints_px: (18, 2) px of the image.
        confidence: (18,) confidence of the network.
        box: the detected person.
        image_size_px: width, height.
    """
    seen = confidence
    if box.keypoints_px is not None and box.keypoint_scores is not None:
        scores = np.nan_to_num(np.asarray(box.keypoint_scores, float))
        seen = _MEANS @ scores
        seen[_HEAD] = scores[COCO_FACE].max()
    inside = ((joints_px >= -0.5) & (joints_px <= np.array(image_size_px) - 0.5)).all(axis=1)
    result: np.ndarray = np.clip(np.where(inside, seen, 0.0), 0.0, 1.0)
    return result
