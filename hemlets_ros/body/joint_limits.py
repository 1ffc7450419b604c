"""Human joint limits: ranges of rotation vectors relative to the parent bone, in the axes of bones.py.

The ranges contain nearly all of 12,000 poses of motion capture and of the generator; they are rounded
outwards. Shoulders and the pelvis have no limits.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from hemlets_ros.body.bones import BONE_NAMES

#: Degrees about x, y and z, low and high, for the left side; the right side is its mirror image.
_LEFT: Final = {
    'hip': ((-150, 70), (-70, 70), (-50, 95)), 'knee': ((-10, 160), (-35, 35), (-30, 30)),
    'ankle': ((-70, 60), (-55, 55), (-45, 45)), 'toe': ((-40, 70), (-10, 10), (-10, 10)),
    'spine1': ((-25, 45), (-30, 30), (-30, 30)), 'spine2': ((-15, 30), (-20, 20), (-20, 20)),
    'spine3': ((-25, 45), (-30, 30), (-30, 30)), 'neck': ((-45, 65), (-50, 50), (-45, 45)),
    'head': ((-45, 65), (-50, 50), (-45, 45)), 'clavicle': ((-25, 25), (-35, 35), (-25, 50)),
    'elbow': ((-35, 35), (-160, 10), (-35, 60)), 'wrist': ((-90, 90), (-50, 50), (-85, 85)),
    'hand': ((-20, 20), (-25, 25), (-30, 100))}
_MIRROR: Final = np.array([1.0, -1.0, -1.0])


def _limits() -> tuple[np.ndarray, np.ndarray]:
    low, high = (np.full((len(BONE_NAMES), 3), sign * 2 * np.pi) for sign in (-1, 1))
    for row, name in enumerate(BONE_NAMES):
        if limits := _LEFT.get(name.removeprefix('l_').removeprefix('r_')):
            one, other = np.radians(np.array(limits, float)).T * (_MIRROR if name.startswith('r_') else 1.0)
            low[row], high[row] = np.minimum(one, other), np.maximum(one, other)
    return low, high


#: (24, 3) rad.
LOW_RAD, HIGH_RAD = _limits()
