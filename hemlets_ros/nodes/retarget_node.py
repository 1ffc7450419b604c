"""Retarget node: converts one person's skeletons to joint positions of a robot; commands no robot."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from geometry_msgs.msg import Point, Pose, PoseStamped, Quaternion
from sensor_msgs.msg import JointState
from std_msgs.msg import Header

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.camera_pose import LEVEL, parse_pose, to_map_m
from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.managed_node import ManagedNode
from hemlets_ros.nodes.messages import frame_from_message
from hemlets_ros.nodes.parameters import read
from hemlets_ros.nodes.qos import NEWEST_RELIABLE
from hemlets_ros.nodes.runner import run_node
from hemlets_ros.people import Frame
from hemlets_ros.retarget.chosen_person import ChosenPerson
from hemlets_ros.retarget.imitator import Imitator
from hemlets_ros.retarget.load_imitator import load_imitator
from hemlets_ros.retarget.robot_pose import RobotPose
from hemlets_ros.settings import CameraPoseSettings, LimitSettings, RetargetSettings
from hemlets_ros.tracking.time_jumps import TimeJumpDetector

#: Frame of `retargeted/base`; it is not connected to other frames of the graph.
ROBOT_WORLD = 'retargeted_world'
_PATIENCE_S = 2.0  # time without the person until /diagnostics warns
_KEPT = 300  # number of frames for the statistics of residuals


class RetargetNode(ManagedNode):
    """Publishes one JointState per Skeleton3DArray that contains the person, with the image's stamp."""

    NAME = 'retarget_node'

    def __init__(self, load: Callable[[RetargetSettings], Imitator] = load_imitator, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._load = load
        self._imitator: Imitator | None = None
        self._person = ChosenPerson()
        self._residuals_mm: deque[tuple[float, float]] = deque(maxlen=_KEPT)  # mean and maximum of each frame
        self._at_limits: tuple[str, ...] = ()
        self._imitated_s = 0.0
        self._id = -1
        self._stamps, self._stamp_s = TimeJumpDetector(), -1.0

    def read_settings(self) -> None:
        self._settings, self._limits = read(self, RetargetSettings), read(self, LimitSettings)
        self._camera = parse_pose(read(self, CameraPoseSettings).camera_in_map or LEVEL)

    def change(self) -> None:
        self._person = ChosenPerson(self._settings.person_id)

    def configure(self) -> None:
        self._joints = self.create_lifecycle_publisher(JointState, topics.ROBOT_JOINTS, NEWEST_RELIABLE)
        self._base = self.create_lifecycle_publisher(PoseStamped, topics.ROBOT_BASE, NEWEST_RELIABLE)
        if not read(self, CameraPoseSettings).camera_in_map:
            self.get_logger().info('a level camera is assumed; otherwise set camera_in_map')

    def activate(self) -> None:
        self._stamps = TimeJumpDetector()
        self._imitator = self._load(self._settings)
        self.reset()
        self.create_subscription(Skeleton3DArray, topics.SKELETONS, self._on_skeletons, NEWEST_RELIABLE)

    def deactivate(self) -> None:
        self._imitator = None

    def reset(self) -> None:
        self.change()
        self._residuals_mm.clear()
        self._imitated_s = time.monotonic()
        if self._imitator is not None:
            self._imitator.reset()

    def warning(self) -> str:
        if time.monotonic() - self._imitated_s < _PATIENCE_S:
            return ''
        whom = f'person {self._settings.person_id} is not' if self._settings.person_id >= 0 else 'nobody is'
        return f'{whom} seen: no joint positions are published'

    def details(self) -> dict[str, str]:
        details = {'robot': self._settings.robot, 'person': str(self._id)}
        if self._residuals_mm:
            mean, largest = np.array(self._residuals_mm).T
            details |= {'residual mean [mm]': f'{mean.mean():.1f}',
                        'residual largest point, p95 [mm]': f'{np.quantile(largest, 0.95):.1f}',
                        'joints at their limits': ', '.join(self._at_limits) or 'none'}
        return details

    def _on_skeletons(self, message: Skeleton3DArray, info: dict[str, Any]) -> None:
        begin_s = time.monotonic()
        self.statistics.received(info)
        try:
            pose = self._imitated(frame_from_message(message, self._limits.max_message_people))
        except InputError as error:
            self.get_logger().error(f'{topics.SKELETONS}: {error}', throttle_duration_sec=5.0)
            self.statistics.refused()
            return
        if pose is None:
            return
        self._publish(pose, message.header)
        age_s = (self.get_clock().now().nanoseconds - message.header.stamp.sec * 10 ** 9
                 - message.header.stamp.nanosec) / 1e9
        self.statistics.sent(time.monotonic() - begin_s, age_s)

    def _imitated(self, frame: Frame) -> RobotPose | None:
        """The robot's pose; None if the person is not in the frame."""
        assert self._imitator is not None, 'no messages come unless the node is active'
        stamp_s = frame.stamp_s
        if stamp_s == self._stamp_s == 0:  # a camera without stamps: the time of arrival is used
            stamp_s = self.get_clock().now().nanoseconds * 1e-9
        self._stamp_s = frame.stamp_s
        if self._stamps.went_back(stamp_s):
            self.get_logger().info('stamps jumped back: retargeting restarts')
            self.reset()
        person = self._person(replace(frame, stamp_s=stamp_s))
        if person is None:
            return None
        self._id, self._imitated_s = person.id, time.monotonic()
        pose = self._imitator(to_map_m(person.joints_mm, self._camera), stamp_s, person.visibility, person.id)
        residuals = list(pose.residuals_mm.values())
        self._residuals_mm.append((float(np.mean(residuals)), max(residuals)))
        names = self._imitator.robot.joint_names
        self._at_limits = tuple(name for name, at in zip(names, pose.at_limits, strict=True) if at)
        return pose

    def _publish(self, pose: RobotPose, header: Header) -> None:
        assert self._imitator is not None
        self._joints.publish(JointState(header=Header(stamp=header.stamp),
                                        name=list(self._imitator.robot.joint_names),
                                        position=pose.joints_rad.tolist()))
        (x, y, z), (qw, qx, qy, qz) = pose.base_m.tolist(), pose.base_wxyz.tolist()
        self._base.publish(PoseStamped(
            header=Header(stamp=header.stamp, frame_id=ROBOT_WORLD),
            pose=Pose(position=Point(x=x, y=y, z=z), orientation=Quaternion(w=qw, x=qx, y=qy, z=qz))))


def main(args: list[str] | None = None) -> int:
    return run_node(RetargetNode, args)


if __name__ == '__main__':
    sys.exit(main())
