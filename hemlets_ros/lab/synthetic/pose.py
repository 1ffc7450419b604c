"""A pose of any body: rotations of its parts relative to the T-pose.

T-pose: upright, facing -y, arms along +x (left) and -x with palms down, legs and feet straight.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from hemlets_ros.errors import InputError

SEGMENTS: Final = (
    'pelvis', 'chest', 'head', 'l_upperarm', 'l_forearm', 'r_upperarm', 'r_forearm',
    'l_thigh', 'l_shin', 'l_foot', 'r_thigh', 'r_shin', 'r_foot')
SEGMENT: Final = {name: index for index, name in enumerate(SEGMENTS)}
MIRRORED: Final = np.array([
    SEGMENT[{'l_': 'r_', 'r_': 'l_'}.get(name[:2], name[:2]) + name[2:]] for name in SEGMENTS])


@dataclass(frozen=True)
class Pose:
    """A pose. Rotations are in the world frame, not relative to the parent."""

    rotations: np.ndarray  # (13, 3, 3), in the order of SEGMENTS
    action: str  # name of the source, e.g. 'walk' or 'sampled_sitting'
    curl: tuple[float, float] = (0.3, 0.3)  # left, right fingers: 0 (straight) to 1 (fist)
    twist_rad: tuple[float, float] = (0.0, 0.0)  # left, right forearm, from the middle position
    support: str = 'floor'  # what supports the person: floor, seat or air
    lift_m: float = field(default=0.0)  # height of the lowest point above the floor

    def __post_init__(self) -> None:
        if np.shape(self.rotations) != (len(SEGMENTS), 3, 3):
            raise InputError(f'a pose has {len(SEGMENTS)} rotations, not shape {np.shape(self.rotations)}')


def mirror(rotations: np.ndarray) -> np.ndarray:
    """Rotations (..., 13, 3, 3) of the mirrored pose: left and right swapped."""
    flip = np.diag([-1.0, 1.0, 1.0])
    return flip @ rotations[..., MIRRORED, :, :] @ flip
