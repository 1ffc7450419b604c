"""Motion of the robot's pelvis: from its feet, along the person's measured path, or fixed."""

from __future__ import annotations

from typing import Final

import numpy as np

from hemlets_ros.retarget.robot_model import RobotModel
from hemlets_ros.retarget.robot_targets import Targets, lowest_ankle_m
from hemlets_ros.skeleton import INDEX

WAYS: Final = ('feet', 'path', 'fixed')
_SCALE_MEMORY = 0.05  # weight of a new frame in the running average of the person's size
# A foot's weight decreases by the factor e for each of these differences to the other foot.
_HIGHER_M, _FASTER_M_S = 0.04, 0.3


class BasePath:
    """Positions of the robot's pelvis in the world, frame by frame, starting above the origin.

    feet: a foot on the ground keeps its position, and the pelvis moves accordingly. Feet hardly slide, and
    errors of the person's distance, which is uncertain in monocular images, have no effect.
    path: the pelvis follows that of the person, scaled by the ratio of leg lengths.
    fixed: the pelvis stays at its position of the standing robot.
    With feet and path, the lower foot is always on the ground, so the robot does not jump.
    """

    def __init__(self, robot: RobotModel, way: str) -> None:
        self._robot, self._way = robot, way
        self.reset()

    def reset(self) -> None:
        """Starts at the origin again."""
        self._place = np.zeros(2)
        self.go_on()

    def go_on(self) -> None:
        """Continues from the robot's current position with another person."""
        self._scale: float | None = None
        self._before: tuple[Targets, np.ndarray, float] | None = None

    def __call__(self, targets: Targets, joints_m: np.ndarray, stamp_s: float) -> np.ndarray:
        """Position (3,) of the robot's pelvis, m. joints_m: (18, 3) of the person, z up."""
        if self._way == 'fixed':
            base: np.ndarray = self._robot.rest[self._robot.base_address:][:3]
            return base
        if self._before is not None:
            before, joints_before_m, before_s = self._before
            moved_m = joints_m - joints_before_m
            self._place = self._place + (
                _carried(before, targets, moved_m / max(stamp_s - before_s, 1e-3)) if self._way == 'feet' else
                self._scaled(joints_m) * moved_m[INDEX['pelvis'], :2])
        self._before = (targets, joints_m, stamp_s)
        return np.array([*self._place, self._robot.ankle_height_m - lowest_ankle_m(targets)])

    def _scaled(self, joints_m: np.ndarray) -> float:
        """Running average of the ratio of leg lengths, robot to person."""
        def leg(side: str) -> float:
            hip, knee, ankle = (joints_m[INDEX[f'{side}_{name}']] for name in ('hip', 'knee', 'ankle'))
            return float(np.linalg.norm(knee - hip) + np.linalg.norm(ankle - knee))

        robot = self._robot.length_m('l_hip', 'l_knee') + self._robot.length_m('l_knee', 'l_ankle')
        scale = 2 * robot / max(leg('l') + leg('r'), 1e-3)
        self._scale = scale if self._scale is None else self._scale + _SCALE_MEMORY * (scale - self._scale)
        return self._scale


def _carried(before: Targets, now: Targets, speeds_m_s: np.ndarray) -> np.ndarray:
    """Step (2,) of the pelvis for which the supporting foot keeps its position.

    The supporting foot is the lower and slower one. Both are weighted, so that the transition is smooth.
    speeds_m_s: (18, 3) of the person's joints; an error of the person's position affects both feet equally,
    so it has little effect.
    """
    feet = ('l_ankle', 'r_ankle')
    scores = np.array([now.points_m[name][2] / _HIGHER_M
                       + np.linalg.norm(speeds_m_s[INDEX[name], :2]) / _FASTER_M_S for name in feet])
    weights = np.exp(scores.min() - scores)
    steps = np.stack([(before.points_m[name] - now.points_m[name])[:2] for name in feet])
    result: np.ndarray = weights @ steps / weights.sum()
    return result
