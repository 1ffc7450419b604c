"""Imitates a person frame by frame, by inverse kinematics (mink) within joint limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from hemlets_ros.errors import InputError
from hemlets_ros.refinement.smoothing import OneEuro
from hemlets_ros.retarget.base_path import BasePath
from hemlets_ros.retarget.robot_mapping import WEIGHTS
from hemlets_ros.retarget.robot_model import PELVIS, TRUNK, RobotModel, site
from hemlets_ros.retarget.robot_pose import RobotPose
from hemlets_ros.retarget.robot_targets import Targets, targets_of
from hemlets_ros.retarget.trunk_turns import trunk_turns
from hemlets_ros.settings import RetargetSettings
from hemlets_ros.skeleton import INDEX

_ROUNDS: Final = 8  # maximum number of iterations of inverse kinematics per frame
_FIRST_ROUNDS: Final = 60  # the same for the first frame, which starts far from its goal
_SMALL_RAD: Final = 2e-3  # iterations end when no joint moves by more
_DAMPING: Final = 1e-6
#: If the residual of a point exceeds _STUCK_MM, inverse kinematics is restarted from the rest pose every
#: _STUCK_FRAMES frames. The new result is used if the sum of squared residuals is less by _NEARER_MM squared.
_STUCK_MM, _STUCK_FRAMES, _RESTART_ROUNDS, _NEARER_MM = 50.0, 5, 20, 40.0
# Costs per radian, relative to 1 per metre of position error.
_TURN_COST, _FOOT_COST, _HEADING_COST = 0.5, 0.3, 0.03
_REST_COST, _STILL_COST = 0.01, 0.03  # cost of deviations from the rest pose, and from the previous frame
_SEEN_FROM = 0.1  # joints with a lower visibility are outside the image
_LIMIT_RAD = 1e-3


class Imitator:
    """Computes poses of a robot from the joints of a person, in order of time.

    The poses keep joint ranges and speed limits: between two poses, no joint moves by more than its limit
    times the difference of the stamps, except for rounding errors. The first pose has no speed limit.
    """

    def __init__(self, robot: RobotModel, settings: RetargetSettings) -> None:
        import mink

        self.robot, self._settings = robot, settings
        self._configuration = mink.Configuration(robot.model, q=robot.rest)
        self._tasks = _Tasks(robot)
        self._speeds = robot.speed_limits_rad_s * settings.robot_speed_share
        self._range = mink.ConfigurationLimit(robot.model, gain=1.0)
        self._path = BasePath(robot, settings.robot_base)
        self.reset()

    def reset(self) -> None:
        """Clears the state of earlier frames, and returns the robot to its rest pose."""
        self._stamp_s: float | None = None
        self._person_id: int | None = None
        self._path.reset()
        self._goal, self._stuck = self.robot.rest, 0
        self._before = self.robot.rest[self.robot.addresses]

    def __call__(self, joints_m: np.ndarray, stamp_s: float, visibility: np.ndarray | None = None,
                 person_id: int = -1) -> RobotPose:
        """The robot's pose at a frame.

        Args:
            joints_m: (18, 3), m, a frame with z up.
            stamp_s: later than that of the frame before.
            visibility: (18,) 0 to 1; limbs outside the image hang down.
            person_id: id of the person; a new person continues from the robot's position.

            Raises InputError for a stamp that is not later than the previous one.
        """
        step_s = None if self._stamp_s is None else stamp_s - self._stamp_s
        if step_s is not None and step_s <= 0:
            raise InputError(f'stamps must increase: {stamp_s:.3f} s after {self._stamp_s:.3f} s')
        if person_id != self._person_id:
            self._person_id = person_id
            self._filter = OneEuro(self._settings.robot_smoothing_cutoff_hz,
                                   self._settings.robot_smoothing_beta)
            self._path.go_on()
        joints_m = self._smoothed(joints_m, stamp_s)
        seen = np.ones(len(joints_m), bool) if visibility is None else visibility >= _SEEN_FROM
        if self._settings.robot_base == 'fixed':
            joints_m = joints_m @ trunk_turns(joints_m)[0]  # in the pelvis' frame
        targets = targets_of(self.robot, joints_m, seen, standing=self._settings.robot_base != 'fixed')
        base = self._path(targets, joints_m, stamp_s)
        self._tasks.aim(targets, base)
        self._tasks.stay_near(self._goal)
        self._solve(step_s)
        residuals = self._tasks.residuals_mm(self._configuration)
        if self._settings.robot_base != 'fixed':
            self._stand()
        self._stamp_s = stamp_s
        return self._pose(stamp_s, person_id, residuals)

    def _smoothed(self, joints_m: np.ndarray, stamp_s: float) -> np.ndarray:
        if not self._settings.robot_smoothing:
            return joints_m
        # The root is filtered separately, because its depth jitters far more than the pose.
        root = joints_m[INDEX['pelvis']]
        parts = self._filter(np.concatenate([root[None], joints_m - root]), stamp_s)
        smoothed: np.ndarray = parts[1:] + parts[:1]
        return smoothed

    def _solve(self, step_s: float | None) -> None:
        """Inverse kinematics starts from its previous result; the robot follows within its speed limits."""
        goal, off_mm = self._goal_from(self._goal, _FIRST_ROUNDS, far=True) if step_s is None else \
            self._goal_from(self._goal, _ROUNDS)
        self._stuck = self._stuck + 1 if off_mm.max() > _STUCK_MM else 0
        # An arm that was moved the wrong way round the shoulder, for example, stays at the end of a range.
        if self._stuck % _STUCK_FRAMES == 1:
            rest = self.robot.rest.copy()
            base = self.robot.base_address
            rest[base:base + 7] = goal[base:base + 7]
            other, other_off_mm = self._goal_from(rest, _RESTART_ROUNDS, far=True)
            if (other_off_mm ** 2).sum() < (off_mm ** 2).sum() - _NEARER_MM ** 2:
                goal = other
        self._goal = goal
        q = goal.copy()
        if step_s is not None:
            most = self._speeds * step_s
            addresses = self.robot.addresses
            q[addresses] = np.clip(q[addresses], self._before - most, self._before + most)
        self._configuration.update(q)
        self._before = q[self.robot.addresses]

    def _goal_from(self, start: np.ndarray, rounds: int, far: bool = False
                   ) -> tuple[np.ndarray, np.ndarray]:
        """Solves inverse kinematics from `start`; returns the qpos and the residuals (mm) of weighted points.

        far: the start is far from the goal, so the previous pose is no guide.
        """
        import mink

        configuration, addresses = self._configuration, self.robot.addresses
        configuration.update(start)
        for _ in range(rounds):
            last = configuration.q[addresses]
            if far:
                self._tasks.stay_near(configuration.q)
            try:
                step = mink.solve_ik(configuration, self._tasks.ready(configuration), 1.0, solver='daqp',
                                     damping=_DAMPING, limits=[self._range])
            except mink.NoSolutionFound:  # a numerical failure, as staying in place is always a solution
                break
            q = configuration.integrate(step, 1.0)
            q[addresses] = np.clip(q[addresses], *self.robot.ranges_rad.T)  # the solver has a tolerance
            configuration.update(q)
            if np.abs(q[addresses] - last).max() < _SMALL_RAD:
                break
        return configuration.q.copy(), self._tasks.off_mm(configuration)

    def _stand(self) -> None:
        """Moves the robot vertically, so that the lowest corner of its soles is on the ground."""
        data = self._configuration.data
        lowest = min(float((data.xpos[body] + corners @ data.xmat[body].reshape(3, 3).T)[:, 2].min())
                     for body, corners in self.robot.soles.items())
        q = self._configuration.q.copy()
        q[self.robot.base_address + 2] -= lowest
        self._configuration.update(q)

    def _pose(self, stamp_s: float, person_id: int, residuals_mm: dict[str, float]) -> RobotPose:
        q, base = self._configuration.q, self.robot.base_address
        joints_rad = q[self.robot.addresses].copy()
        low, high = self.robot.ranges_rad.T
        return RobotPose(stamp_s, person_id, joints_rad, q[base:base + 3].copy(), q[base + 3:base + 7].copy(),
                         residuals_mm, (joints_rad < low + _LIMIT_RAD) | (joints_rad > high - _LIMIT_RAD))


class _Tasks:
    """Tasks of mink: positions of points, orientations of pelvis, chest and feet, rest and last pose."""

    def __init__(self, robot: RobotModel) -> None:
        import mink

        def task(name: str, place: float, turn: float | list[float] = 0.0) -> Any:
            return mink.FrameTask(site(name), 'site', position_cost=place, orientation_cost=turn)

        self._places = {name: task(name, point.weight) for name, point in robot.mapping.points.items()
                        if point.weight > 0}
        self._pelvis = task(PELVIS, 1.0, _TURN_COST)
        self._trunk = task(TRUNK, 0.0, _TURN_COST)
        # Costs about the foot's own axes: x and y are tilts, z is the heading.
        self._feet = {name: task(name, 0.0, [_FOOT_COST, _FOOT_COST, _HEADING_COST])
                      for name in ('l_ankle', 'r_ankle')}
        rest = mink.PostureTask(robot.model, cost=_REST_COST)
        rest.set_target(robot.rest)
        self._still = mink.PostureTask(robot.model, cost=_STILL_COST)
        self._others = [rest, self._still]
        self._aims_m: dict[str, np.ndarray] = {}
        self._turns: dict[Any, np.ndarray] = {}

    def stay_near(self, qpos: np.ndarray) -> None:
        """Sets the pose (nq,) that joints keep if no target determines them."""
        self._still.set_target(qpos)

    def aim(self, targets: Targets, base_m: np.ndarray) -> None:
        """Sets the targets; base_m: position (3,) of the pelvis."""
        self._aims_m = {name: base_m + point for name, point in targets.points_m.items()}
        self._turns = {self._pelvis: targets.pelvis, self._trunk: targets.trunk}
        self._turns |= {self._feet[name]: turn for name, turn in targets.feet.items()}

    def ready(self, configuration: Any) -> list[Any]:
        """All tasks, updated for the current configuration."""
        import mink

        for name, task in self._places.items():
            # The target has the current orientation, so that only the position has an error.
            now = configuration.get_transform_frame_to_world(site(name), 'site')
            task.set_target(mink.SE3.from_rotation_and_translation(now.rotation(), self._aims_m[name]))
        for task, turn in self._turns.items():
            place = self._aims_m[PELVIS] if task is self._pelvis else \
                configuration.get_transform_frame_to_world(task.frame_name, 'site').translation()
            task.set_target(mink.SE3.from_rotation_and_translation(mink.SO3.from_matrix(turn), place))
        return [*self._places.values(), *self._turns, *self._others]

    def off_mm(self, configuration: Any) -> np.ndarray:
        """Position errors of the points with weights."""
        return np.array(list(self.residuals_mm(configuration, list(self._places)).values()))

    def residuals_mm(self, configuration: Any, names: Sequence[str] = tuple(WEIGHTS)) -> dict[str, float]:
        """Position errors of points; by default of all, including those without weight."""
        return {name: 1000 * float(np.linalg.norm(
            configuration.data.site(site(name)).xpos - self._aims_m[name])) for name in names}
