"""Balances generated poses: moves the centre of mass above the feet."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from hemlets_ros.lab.synthetic import rotations as rot
from hemlets_ros.lab.synthetic.reach import limb_points

#: If the heights of the feet differ by less, both feet support the body.
_LEVEL_M = 0.12
#: Distribution of the body mass over points of the body.
_WEIGHTS = {'waist': 0.3, 'neck': 0.36, 'l_knee': 0.1, 'r_knee': 0.1, 'l_elbow': 0.04, 'r_elbow': 0.04,
            'l_ankle': 0.03, 'r_ankle': 0.03}


def balanced(rotations: np.ndarray) -> np.ndarray:
    """Tilts a pose (13, 3, 3) as a whole to move its centre of mass above the lower foot, or between both."""
    for _ in range(2):  # repeated, because tilting may change which foot is lower
        points = limb_points(rotations)
        feet = [points['l_ankle'], points['r_ankle']]
        low, high = sorted(feet, key=lambda foot: foot[2])
        support = low if high[2] - low[2] > _LEVEL_M else (low + high) / 2
        lean = rot.unit(sum(share * points[name] for name, share in _WEIGHTS.items()) - support)
        axis = np.cross(lean, [0.0, 0.0, 1.0])
        sine = np.linalg.norm(axis)
        if sine > 1e-6:
            rotations = Rotation.from_rotvec(axis / sine * np.arctan2(sine, lean[2])).as_matrix() @ rotations
    return rotations
