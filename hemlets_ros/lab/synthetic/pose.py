"""A pose of any body: rotations of its parts from the T-pose.

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
    """Rotations are in the world: a forearm's includes those of the arm and the trunk."""

    rotations: np.ndarray  # (13, 3, 3), in the order of SEGMENTS
    action: str  # where it is from, e.g. 'walk' or 'sampled_sitting'
    curl: tuple[float, float] = (0.3, 0.3)  # left, right fingers: 0 straight .. 1 a fist
    twist_rad: tuple[float, float] = (0.0, 0.0)  # left, right forearm, from its middle position
    support: str = 'floor'  # what carries the person: floor, seat or air
    lift_m: float = field(default=0.0)  # how far the lowest point is above the floor

    def __post_init__(self) -> None:
        if np.shape(self.rotations) != (len(SEGMENTS), 3, 3):
            raise InputError(f'a pose has {len(SEGMENTS)} rotations, not shape {np.shape(self.rotations)}')


def mirror(rotations: np.ndarray) -> np.ndarray:
    """Rotations (..., 13, 3, 3) of the mirrored pose: left and right swapped."""
    flip = np.diag([-1.0, 1.0, 1.0])
    return flip @ rotations[..., MIRRORED, :, :] @ flip
