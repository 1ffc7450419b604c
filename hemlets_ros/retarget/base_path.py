"""Motion of the robot's pelvis: by its feet, along the person's measured path, or fixed."""

from __future__ import annotations

from typing import Final

import numpy as np

from hemlets_ros.retarget.robot_model import RobotModel
from hemlets_ros.retarget.robot_targets import Targets, lowest_ankle_m
from hemlets_ros.skeleton import INDEX

WAYS: Final = ('feet', 'path', 'fixed')
_SCALE_MEMORY = 0.05  # of the person's size, which one frame does not tell well
# A foot carries less, by e, for each of these: by how much it is higher, and faster, than the other.
_HIGHER_M, _FASTER_M_S = 0.04, 0.3


class BasePath:
    """Places of the robot's pelvis in the world, frame by frame; it starts above the origin.

    feet: a foot that is on the ground stays where it is, and the pelvis moves accordingly. Feet hardly slide,
    and the distance from the camera, which one image hardly tells, does not matter.
    path: the pelvis follows the person's, scaled by the length of legs. With both, the lower foot is on the
    ground: the robot does not jump.
    fixed: the pelvis hangs where it is when the robot stands.
    """

    def __init__(self, robot: RobotModel, way: str) -> None:
        self._robot, self._way = robot, way
        self.reset()

    def reset(self) -> None:
        """Starts at the origin again."""
        self._place = np.zeros(2)
        self.go_on()

    def go_on(self) -> None:
        """Another person goes on where the robot is."""
        self._scale: float | None = None
        self._before: tuple[Targets, np.ndarray, float] | None = None

    def __call__(self, targets: Targets, joints_m: np.ndarray, stamp_s: float) -> np.ndarray:
        """(3,) m of the pelvis. joints_m: (18, 3), the person's, z up."""
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
        """The robot's leg by the person's, slowly averaged."""
        def leg(side: str) -> float:
            hip, knee, ankle = (joints_m[INDEX[f'{side}_{name}']] for name in ('hip', 'knee', 'ankle'))
            return float(np.linalg.norm(knee - hip) + np.linalg.norm(ankle - knee))

        robot = self._robot.length_m('l_hip', 'l_knee') + self._robot.length_m('l_knee', 'l_ankle')
        scale = 2 * robot / max(leg('l') + leg('r'), 1e-3)
        self._scale = scale if self._scale is None else self._scale + _SCALE_MEMORY * (scale - self._scale)
        return self._scale


def _carried(before: Targets, now: Targets, speeds_m_s: np.ndarray) -> np.ndarray:
    """(2,) the step of the pelvis by which the foot that carries stays where it is.

    That is the lower and the slower one; in between both count, so that nothing jumps. speeds_m_s: (18, 3),
    of the person's joints; an error of the person's place is in both feet, and hardly matters.
    """
    feet = ('l_ankle', 'r_ankle')
    scores = np.array([now.points_m[name][2] / _HIGHER_M
                       + np.linalg.norm(speeds_m_s[INDEX[name], :2]) / _FASTER_M_S for name in feet])
    weights = np.exp(scores.min() - scores)
    steps = np.stack([(before.points_m[name] - now.points_m[name])[:2] for name in feet])
    result: np.ndarray = weights @ steps / weights.sum()
    return result
