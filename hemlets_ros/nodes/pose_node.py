"""Pose node: person_crops -> skeletons and skeleton_markers."""

from __future__ import annotations

import sys
import time
from typing import Any

from std_msgs.msg import Header
from visualization_msgs.msg import Marker, MarkerArray

from hemlets_ros.device import release_memory
from hemlets_ros.msg import PersonCropArray, Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.answering_node import Answer, AnsweringNode
from hemlets_ros.nodes.frames import camera_in_map, joint_frames, parse_place, tracked_bodies
from hemlets_ros.nodes.markers import markers
from hemlets_ros.nodes.messages import crops_from_message, frame_to_message, stamp_to_seconds
from hemlets_ros.nodes.optional import messages_of
from hemlets_ros.nodes.parameters import read
from hemlets_ros.nodes.qos import LATCHED, NEWEST_RELIABLE, RESULTS
from hemlets_ros.nodes.runner import run_node
from hemlets_ros.people import Frame
from hemlets_ros.pose_estimator import PoseEstimator
from hemlets_ros.settings import FrameSettings, PoseSettings, SmoothingSettings

_REMINDER_S = 10.0  # between two warnings of untrained weights


class PoseNode(AnsweringNode):
    """Runs HEMlets; every PersonCropArray gets one Skeleton3DArray, also without people."""

    NAME = 'pose_node'

    def __init__(self, hears_crops: bool = True, **kwargs: Any) -> None:
        """hears_crops: False where crops are handed to `take` in this process."""
        super().__init__(**kwargs)
        self._hears_crops, self._warned_s = hears_crops, -_REMINDER_S
        self._estimator: PoseEstimator | None = None

    def read_settings(self) -> None:
        self._pose, self._smoothing, self._frames = (
            read(self, group) for group in (PoseSettings, SmoothingSettings, FrameSettings))

    def configure(self) -> None:
        self._skeletons = self.send(Skeleton3DArray, topics.SKELETONS, RESULTS)
        self._markers = self.send(MarkerArray, topics.MARKERS, RESULTS)
        self._tf = self._static = self._bodies = None
        self._placed: set[str] = set()  # optical frames that have their place in the map
        if self._frames.camera_in_map:
            parse_place(self._frames.camera_in_map)
        if self._frames.joint_frames or self._frames.camera_in_map:
            self._tf2_msgs = messages_of('tf2_msgs', self, 'TF')
            if self._tf2_msgs:
                self._tf = self.send(self._tf2_msgs.TFMessage, topics.TF, RESULTS)
                self._static = self.send(self._tf2_msgs.TFMessage, topics.TF_STATIC, LATCHED)
        self._hri_msgs = messages_of('hri_msgs', self, topics.BODIES)
        if self._hri_msgs:
            self._bodies = self.send(self._hri_msgs.IdsList, topics.BODIES, RESULTS)

    def activate(self) -> None:
        self._estimator = PoseEstimator(self._pose, self._smoothing)
        self._estimator.warm_up()
        if self._hears_crops:
            self.hear(PersonCropArray, topics.CROPS, self.take, NEWEST_RELIABLE)
        self.get_logger().info(f'ready: {self._estimator.weights.name}')

    def deactivate(self) -> None:
        if self._answered is not None and self.context.ok():  # leave no ghosts
            self._markers.publish(MarkerArray(
                markers=[Marker(header=self._answered, action=Marker.DELETEALL)]))
        super().deactivate()
        self._estimator = None
        release_memory()

    def change(self) -> None:
        self._estimator.change(self._pose, self._smoothing)

    def reset(self) -> None:
        self._estimator.reset()

    def about(self) -> dict[str, str]:
        if self._estimator is None:
            return {}
        return {'model': self._estimator.weights.name, 'device': self._estimator.device,
                'runtime': self._estimator.runtime}

    def concern(self) -> str:
        if self._estimator.weights.warning:
            return self._estimator.weights.warning
        return '' if self.traffic.figures().rate_in_hz else f'no messages on {topics.CROPS}'

    def process(self, message: PersonCropArray) -> Answer:
        start_s = time.perf_counter()
        crops, intrinsics = crops_from_message(message)
        stamp_s = stamp_to_seconds(message.header.stamp)
        people = self._estimator(crops, intrinsics, stamp_s)
        frame = Frame(
            people, stamp_s, intrinsics, (message.camera_info.width, message.camera_info.height),
            self._estimator.weights, message.header.frame_id, message.detection_s,
            time.perf_counter() - start_s)
        # Markers take as long to make as the skeletons.
        return [(self._skeletons, frame_to_message(frame, message.header)),
                (self._markers, lambda: markers(frame, message.header)),
                *self._for_others(frame, message.header)]

    def _for_others(self, frame: Frame, header: Header) -> Answer:
        """What is published where the message packages for it are installed."""
        answer: Answer = []
        if self._tf and self._frames.joint_frames:
            answer.append((self._tf, joint_frames(frame, header, self._tf2_msgs)))
        if self._static and self._frames.camera_in_map and header.frame_id not in self._placed:
            self._placed.add(header.frame_id)
            answer.append((self._static, camera_in_map(self._frames.camera_in_map, header, self._tf2_msgs)))
        if self._bodies:
            answer.append((self._bodies, tracked_bodies(frame, header, self._hri_msgs)))
        return answer

    def take(self, message: PersonCropArray, info: dict[str, Any] | None = None) -> None:
        """Answers the crops of an image, if the node is active."""
        if self.state != 'active':
            return
        self.traffic.received(info)
        self._warn()
        self.answer(message, topics.CROPS)

    def _warn(self) -> None:
        # rclpy's own throttling looks up its caller each time, which takes half a millisecond.
        now_s = time.monotonic()
        if self._estimator.weights.warning and now_s - self._warned_s > _REMINDER_S:
            self._warned_s = now_s
            self.get_logger().warning(self._estimator.weights.warning)


def main(args: list[str] | None = None) -> int:
    return run_node(PoseNode, args)


if __name__ == '__main__':
    sys.exit(main())
