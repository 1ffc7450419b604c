"""Visibility of joints in the image, as far as it can be determined."""

from __future__ import annotations

import numpy as np

from hemlets_ros.people import Box
from hemlets_ros.skeleton import COCO_FACE, COCO_NAMES, INDEX, JOINT_COUNT

#: Joints of ours that COCO has not -> its keypoints between which they lie.
_BETWEEN = {'pelvis': ('l_hip', 'r_hip'), 'neck': ('l_shoulder', 'r_shoulder'),
            'mid_shoulder': ('l_shoulder', 'r_shoulder'),
            'spine': ('l_hip', 'r_hip', 'l_shoulder', 'r_shoulder')}


def _means() -> np.ndarray:
    """(18, 17): each joint's score as a mean of the keypoints' scores; the head's follow apart."""
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
    """How likely each joint (18,) is seen, 0..1; 0 outside the image.

    Of a detector that gives keypoints it is their scores: of joints between keypoints their mean, of the
    head's two the best of the face. Else it is the network's confidence.

    Args:
        joints_px: (18, 2) px of the image.
        confidence: (18,) the network's.
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
