"""Pose node: person_crops -> skeletons and skeleton_markers."""

from __future__ import annotations

import sys
import time
from typing import Any

from visualization_msgs.msg import MarkerArray

from hemlets_ros.device import release_memory
from hemlets_ros.msg import PersonCropArray, Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.answering_node import AnsweringNode
from hemlets_ros.nodes.markers import markers
from hemlets_ros.nodes.messages import crops_from_message, frame_to_message, stamp_to_seconds
from hemlets_ros.nodes.parameters import read
from hemlets_ros.nodes.qos import NEWEST_RELIABLE, RESULTS
from hemlets_ros.nodes.runner import run_node
from hemlets_ros.people import Frame
from hemlets_ros.pipeline import PoseEstimator
from hemlets_ros.settings import PoseSettings, SmoothingSettings


class PoseNode(AnsweringNode):
    """Runs HEMlets; every PersonCropArray gets one Skeleton3DArray, also without people."""

    NAME = 'pose_node'

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._estimator: PoseEstimator | None = None

    def read_settings(self) -> None:
        self._pose, self._smoothing = read(self, PoseSettings), read(self, SmoothingSettings)

    def configure(self) -> None:
        self.send(Skeleton3DArray, topics.SKELETONS, RESULTS)
        self.send(MarkerArray, topics.MARKERS, RESULTS)

    def activate(self) -> None:
        self._estimator = PoseEstimator(self._pose, self._smoothing)
        self._estimator.warm_up()
        self.hear(PersonCropArray, topics.CROPS, self._on_crops, NEWEST_RELIABLE)
        self.get_logger().info(f'ready: {self._estimator.weights.name}')

    def deactivate(self) -> None:
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
        return {'model': self._estimator.weights.name, 'device': self._estimator.device}

    def concern(self) -> str:
        if self._estimator.weights.warning:
            return self._estimator.weights.warning
        return '' if self.traffic.figures().rate_in_hz else f'no messages on {topics.CROPS}'

    def process(self, message: PersonCropArray) -> tuple[Skeleton3DArray, MarkerArray]:
        start_s = time.perf_counter()
        crops, intrinsics = crops_from_message(message)
        stamp_s = stamp_to_seconds(message.header.stamp)
        people = self._estimator(crops, intrinsics, stamp_s)
        frame = Frame(
            people, stamp_s, intrinsics, (message.camera_info.width, message.camera_info.height),
            self._estimator.weights, message.header.frame_id, message.detection_s,
            time.perf_counter() - start_s)
        return frame_to_message(frame, message.header), markers(frame, message.header)

    def _on_crops(self, message: PersonCropArray, info: dict[str, Any]) -> None:
        self.traffic.received(info)
        if self._estimator.weights.warning:
            self.get_logger().warning(self._estimator.weights.warning, throttle_duration_sec=10.0)
        self.answer(message, topics.CROPS)


def main(args: list[str] | None = None) -> int:
    return run_node(PoseNode, args)


if __name__ == '__main__':
    sys.exit(main())
