"""Inverse kinematics of arms: moves hands to points on tables or on other people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hemlets_ros.lab.synthetic import rotations as rot
from hemlets_ros.lab.synthetic.anatomy import Anatomy
from hemlets_ros.lab.synthetic.pose import SEGMENT, Pose
from hemlets_ros.lab.synthetic.rig import Rig

_OUT, _UP = np.array([1.0, 0, 0]), np.array([0, 0, 1.0])
_STRAIGHT = 0.985  # maximum reach, as a share of the arm's length


def reaching(pose: Pose, rig: Rig, anatomy: Anatomy, targets: dict[str, np.ndarray],
             spread: float = 0.6) -> Pose:
    """The pose with its wrists at, or as near as possible to, targets (3,), by side 'l', 'r'.

    Targets are in the frame of the rig's transforms, before the person is moved to its position in the scene.
    spread: how much the elbows point outwards rather than downwards.
    """
    rotations = pose.rotations.copy()
    chest = rotations[SEGMENT['chest']]
    for _ in range(2):  # repeated, because the collar bone moves with the arm
        heads = anatomy.posed_bones(rig.transforms(anatomy.heads, replace(pose, rotations=rotations)))
        for side, target in targets.items():
            word, sign = side.upper(), 1.0 if side == 'l' else -1.0
            shoulder, elbow, wrist = (anatomy.heads[rig.index[f'{name}.{word}']]
                                      for name in ('upperarm01', 'lowerarm01', 'wrist'))
            upper_m, lower_m = np.linalg.norm(elbow - shoulder), np.linalg.norm(wrist - elbow)
            start = heads[rig.index[f'upperarm01.{word}']]
            hint = chest @ (sign * spread * _OUT) - _UP
            set_arm(rotations, side, target - start, (upper_m, lower_m), hint)
    return replace(pose, rotations=rotations)


def set_arm(rotations: np.ndarray, side: str, way: np.ndarray, lengths_m: tuple[float, float],
            hint: np.ndarray) -> None:
    """Turns an arm of a pose (13, 3, 3) so that the vector from shoulder to wrist is `way` (3,), if in reach.

    side: l or r; lengths_m: lengths of upper arm and forearm; hint: (3,) direction of the elbow.
    """
    sign = 1.0 if side == 'l' else -1.0
    upper, lower = _two_bones(way, *lengths_m, hint)
    hinge = np.cross(upper, lower)  # in the T-pose, the axis of the elbow is vertical
    straight = rot.frame(sign * _OUT, -sign * _UP)
    rotations[SEGMENT[f'{side}_upperarm']] = rot.frame(upper, hinge) @ straight.T
    rotations[SEGMENT[f'{side}_forearm']] = rot.frame(lower, hinge) @ straight.T


def _two_bones(way: np.ndarray, first_m: float, second_m: float,
               hint: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Directions of two bones whose vectors add up to `way` (3,), with their joint towards `hint` (3,)."""
    nearest, farthest = 1.05 * abs(first_m - second_m) + 0.02, _STRAIGHT * (first_m + second_m)
    distance = float(np.clip(np.linalg.norm(way), nearest, farthest))
    ahead = rot.unit(way)
    aside = rot.unit(hint - (hint @ ahead) * ahead)
    cosine = (first_m ** 2 + distance ** 2 - second_m ** 2) / (2 * first_m * distance)
    sine = np.sqrt(max(0.0, 1 - cosine ** 2))
    upper = cosine * ahead + sine * aside
    return upper, rot.unit(distance * ahead - first_m * upper)
