"""Orientation of a person's pelvis and chest from the 18 joints."""

from __future__ import annotations

from typing import Final

import numpy as np

from hemlets_ros.skeleton import INDEX

#: How far these lines lean forward in our joints when people stand upright: the pelvis' (between those to the
#: spine and to the middle of the shoulders), and from the spine to the middle of the shoulders. Measured on
#: 213 upright poses of a generated person.
LEAN_RAD: Final = {'pelvis': float(np.radians(1.6)), 'chest': float(np.radians(4.5))}
_LEFT = np.array([0.0, 1.0, 0.0])


def trunk_turns(joints_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotations (3, 3) of pelvis and chest of a person, from x forward, y left, z up to the joints' frame.

    joints_m: (18, 3), a frame whose z points up.
    """
    at = {name: joints_m[index] for name, index in INDEX.items()}
    # The spine's joint alone tells the pelvis' tilt badly where a network found it.
    lower = unit(at['spine'] - at['pelvis']) + unit(at['mid_shoulder'] - at['pelvis'])
    # The hips' line is exact for the pelvis, the trunk's own line for the chest.
    pelvis = _spanned(lower, at['l_hip'] - at['r_hip'], keep_left=True)
    chest = _spanned(at['mid_shoulder'] - at['spine'], at['l_shoulder'] - at['r_shoulder'])
    return pelvis @ _upright('pelvis').T, chest @ _upright('chest').T


def _upright(part: str) -> np.ndarray:
    """What the lines of a part span when it is upright, and faces along x."""
    return _spanned(np.array([np.sin(LEAN_RAD[part]), 0.0, np.cos(LEAN_RAD[part])]), _LEFT)


def heading(rotation: np.ndarray) -> np.ndarray:
    """(3, 3): the rotation about z alone that turns x to where `rotation` does, seen from above."""
    forward, up = rotation[:, 0], rotation[:, 2]
    # Who lies face down or on the back points forward where the head or the feet are.
    ahead = forward[:2] if abs(up[2]) > abs(forward[2]) else -np.sign(forward[2]) * up[:2]
    angle = float(np.arctan2(ahead[1], ahead[0]))
    return np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])


def _spanned(up: np.ndarray, left: np.ndarray, keep_left: bool = False) -> np.ndarray:
    """(3, 3) with columns forward, left, up; `up` is kept, and `left` made square to it, or the other way."""
    if keep_left:
        left = unit(left)
        up = unit(up - (up @ left) * left)
    else:
        up = unit(up)
        left = unit(left - (left @ up) * up)
    return np.stack([np.cross(left, up), left, up], axis=1)


def unit(vector: np.ndarray) -> np.ndarray:
    """The vector with length 1; zero stays zero."""
    result: np.ndarray = vector / max(float(np.linalg.norm(vector)), 1e-9)
    return result
