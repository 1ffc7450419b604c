"""Orientation of a person's pelvis and chest from the 18 joints."""

from __future__ import annotations

from typing import Final

import numpy as np

from hemlets_ros.skeleton import INDEX

#: Forward lean of two lines in upright people. 'pelvis': mean direction from the pelvis to spine and to
#: mid_shoulder; 'chest': spine to mid_shoulder. Measured on 213 upright poses of a synthetic person.
LEAN_RAD: Final = {'pelvis': float(np.radians(1.6)), 'chest': float(np.radians(4.5))}
_LEFT = np.array([0.0, 1.0, 0.0])


def trunk_turns(joints_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotations (3, 3) of pelvis and chest of a person: x forward, y left, z up -> the joints' frame.

    joints_m: (18, 3), in a frame with z up.
    """
    at = {name: joints_m[index] for name, index in INDEX.items()}
    # mid_shoulder is used, too, because the spine joint of a network alone gives an inaccurate tilt.
    lower = unit(at['spine'] - at['pelvis']) + unit(at['mid_shoulder'] - at['pelvis'])
    # The line between the hips is kept for the pelvis; the line of the trunk is kept for the chest.
    pelvis = _spanned(lower, at['l_hip'] - at['r_hip'], keep_left=True)
    chest = _spanned(at['mid_shoulder'] - at['spine'], at['l_shoulder'] - at['r_shoulder'])
    return pelvis @ _upright('pelvis').T, chest @ _upright('chest').T


def _upright(part: str) -> np.ndarray:
    """The axes from `_spanned` for an upright part that faces +x."""
    return _spanned(np.array([np.sin(LEAN_RAD[part]), 0.0, np.cos(LEAN_RAD[part])]), _LEFT)


def heading(rotation: np.ndarray) -> np.ndarray:
    """The rotation (3, 3) about z with the same heading as `rotation`."""
    forward, up = rotation[:, 0], rotation[:, 2]
    # For a lying person, the heading is the direction of the head or the feet.
    ahead = forward[:2] if abs(up[2]) > abs(forward[2]) else -np.sign(forward[2]) * up[:2]
    angle = float(np.arctan2(ahead[1], ahead[0]))
    return np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])


def _spanned(up: np.ndarray, left: np.ndarray, keep_left: bool = False) -> np.ndarray:
    """Orthonormal axes (3, 3) with columns forward, left, up; keeps `up`, or `left` if keep_left is set."""
    if keep_left:
        left = unit(left)
        up = unit(up - (up @ left) * left)
    else:
        up = unit(up)
        left = unit(left - (left @ up) * up)
    return np.stack([np.cross(left, up), left, up], axis=1)


def unit(vector: np.ndarray) -> np.ndarray:
    """The vector, normalised to length 1; zero stays zero."""
    result: np.ndarray = vector / max(float(np.linalg.norm(vector)), 1e-9)
    return result
