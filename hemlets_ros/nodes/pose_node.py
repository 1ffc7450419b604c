"""Pose node: person_crops -> skeletons and skeleton_markers."""

from __future__ import annotations

import sys
import time

from rclpy.node import Node
from visualization_msgs.msg import MarkerArray

from hemlets_ros.errors import InputError
from hemlets_ros.msg import PersonCropArray, Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.markers import markers
from hemlets_ros.nodes.messages import crops_from_message, frame_to_message, stamp_to_seconds
from hemlets_ros.nodes.parameters import declare
from hemlets_ros.nodes.qos import NEWEST_RELIABLE, RESULTS, overridable
from hemlets_ros.nodes.runner import run_node
from hemlets_ros.people import Frame
from hemlets_ros.pipeline import PoseEstimator
from hemlets_ros.settings import PoseSettings, SmoothingSettings

NAME = 'pose_node'


class PoseNode(Node):
    """Runs HEMlets; every PersonCropArray gets one Skeleton3DArray, also without people."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(NAME, **kwargs)
        self._estimator = PoseEstimator(declare(self, PoseSettings),
                                        declare(self, SmoothingSettings))
        self._estimator.warm_up()
        self._answer: tuple[Skeleton3DArray, MarkerArray] | None = None
        self._skeletons = self.create_publisher(
            Skeleton3DArray, topics.SKELETONS, RESULTS, qos_overriding_options=overridable())
        self._markers = self.create_publisher(
            MarkerArray, topics.MARKERS, RESULTS, qos_overriding_options=overridable())
        self.create_subscription(PersonCropArray, topics.CROPS, self._on_crops, NEWEST_RELIABLE,
                                 qos_overriding_options=overridable())
        self.get_logger().info(f'ready: {self._estimator.weights.name}')

    def _on_crops(self, message: PersonCropArray) -> None:
        if self._estimator.weights.warning:
            self.get_logger().warning(self._estimator.weights.warning, throttle_duration_sec=10.0)
        # The same stamp again is a lossless camera that missed the answer.
        if self._answer is None or self._answer[0].header != message.header:
            try:
                self._answer = self._estimate(message)
            except InputError as error:
                self.get_logger().error(f'{topics.CROPS}: {error}', throttle_duration_sec=5.0)
                return
        skeletons, shown = self._answer
        self._skeletons.publish(skeletons)
        self._markers.publish(shown)

    def _estimate(self, message: PersonCropArray) -> tuple[Skeleton3DArray, MarkerArray]:
        start_s = time.perf_counter()
        crops, intrinsics = crops_from_message(message)
        stamp_s = stamp_to_seconds(message.header.stamp)
        people = self._estimator(crops, intrinsics, stamp_s)
        frame = Frame(
            people, stamp_s, intrinsics, (message.camera_info.width, message.camera_info.height),
            self._estimator.weights, message.header.frame_id, message.detection_s,
            time.perf_counter() - start_s)
        return frame_to_message(frame, message.header), markers(frame, message.header)


def main(args: list[str] | None = None) -> int:
    return run_node(NAME, PoseNode, args)


if __name__ == '__main__':
    sys.exit(main())
