"""Which joints can be seen: those with nothing in front but the flesh around them."""

from __future__ import annotations

import numpy as np

from hemlets_ros.skeleton import JOINT_NAMES
from hemlets_ros.synthetic.viewpoint import IMAGE_PX, Shot

#: How deep joints lie beneath skin and clothes at most, metres, by the joint's name without its side.
_DEEP_M = {'pelvis': 0.2, 'hip': 0.17, 'spine': 0.2, 'neck': 0.18, 'mid_shoulder': 0.2, 'shoulder': 0.13,
           'knee': 0.1, 'ankle': 0.09, 'elbow': 0.08, 'wrist': 0.07, 'nose': 0.12, 'head_top': 0.13}


def visible_joints(joints: np.ndarray, shot: Shot, depth_m: np.ndarray) -> np.ndarray:
    """(18,) bool for joints (18, 3), world metres, in a picture with a depth map (size, size)."""
    points = shot.view.project(joints)
    distance = shot.view.to_camera(joints)[:, 2]
    left, top, right, bottom = shot.frame_px
    x, y = points.T
    inside = (x >= max(left, 0)) & (y >= max(top, 0)) & (x <= min(right, IMAGE_PX - 1)) \
        & (y <= min(bottom, IMAGE_PX - 1))
    scale = len(depth_m) / IMAGE_PX
    columns, rows = np.clip(((points + 0.5) * scale).astype(int), 0, len(depth_m) - 1).T
    deep = np.array([_DEEP_M.get(name, _DEEP_M.get(name[2:], 0.1)) for name in JOINT_NAMES])
    return inside & (depth_m[rows, columns] > distance - deep)
