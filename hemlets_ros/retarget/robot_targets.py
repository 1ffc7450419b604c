"""Computes target positions for the points of a robot, by directions of the person and lengths of the robot.

So all targets are in reach within the robot's joint limits, for people of any size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hemlets_ros.retarget.robot_model import PELVIS, TRUNK, RobotModel
from hemlets_ros.retarget.trunk_turns import heading, trunk_turns, unit
from hemlets_ros.skeleton import INDEX

_LIMBS = {f'{side}_{start}': (f'{side}_{middle}', f'{side}_{end}') for side in 'lr'
          for start, middle, end in (('hip', 'knee', 'ankle'), ('shoulder', 'elbow', 'wrist'))}
_DOWN = np.array([0.0, 0.0, -1.0])
_LIFTED_M = 0.12  # height of an ankle above the other one from which the foot is fully lifted


@dataclass(frozen=True)
class Targets:
    """Targets of inverse kinematics. Points are relative to the pelvis, with the world's axes."""

    points_m: dict[str, np.ndarray]  # joint, PELVIS, TRUNK -> (3,)
    pelvis: np.ndarray  # (3, 3) rotation
    trunk: np.ndarray  # (3, 3)
    feet: dict[str, np.ndarray]  # 'l_ankle', 'r_ankle' -> (3, 3): flat, or perpendicular to a lifted shin


def targets_of(robot: RobotModel, joints_m: np.ndarray, seen: np.ndarray, standing: bool = True) -> Targets:
    """The targets for a person's joints.

    Args:
        joints_m: (18, 3), m, z up.
        seen: (18,) bool, visible joints; a limb with an invisible joint hangs down.
        standing: the lower foot is flat on the ground.
    """
    pelvis, trunk = trunk_turns(joints_m)
    rest = robot.points_m
    points = {PELVIS: np.zeros(3), TRUNK: pelvis @ rest[TRUNK]}
    for start, chain in _LIMBS.items():
        if 'hip' in start:
            points[start] = pelvis @ rest[start]
        else:
            points[start] = points[TRUNK] + trunk @ (rest[start] - rest[TRUNK])
        known = seen[[INDEX[name] for name in (start, *chain)]].all()
        before = start
        for name in chain:
            along = unit(joints_m[INDEX[name]] - joints_m[INDEX[before]]) if known else _DOWN
            points[name] = points[before] + robot.length_m(before, name) * along
            before = name
    return Targets(points, pelvis, trunk, _feet(points, heading(pelvis), standing))


def lowest_ankle_m(targets: Targets) -> float:
    """Height of the lower ankle relative to the pelvis."""
    return float(min(targets.points_m['l_ankle'][2], targets.points_m['r_ankle'][2]))


def _feet(points_m: dict[str, np.ndarray], ahead: np.ndarray, standing: bool) -> dict[str, np.ndarray]:
    """Orientations of the feet, which joints do not determine. ahead: (3, 3) rotation by the heading."""
    lowest = min(points_m['l_ankle'][2], points_m['r_ankle'][2])
    feet = {}
    for name in ('l_ankle', 'r_ankle'):
        lifted = float(np.clip((points_m[name][2] - lowest) / _LIFTED_M, 0, 1)) if standing else 1.0
        shin = unit(points_m[f'{name[0]}_knee'] - points_m[name])
        up = unit((1 - lifted) * -_DOWN + lifted * shin)
        left = unit(np.cross(up, ahead[:, 0]))
        feet[name] = np.stack([np.cross(left, up), left, up], axis=1)
    return feet
