"""Pose node: converts person_crops to skeletons and skeleton_markers."""

from __future__ import annotations

import sys
import time
from typing import Any

from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from hemlets_ros.geometry.camera_pose import parse_pose
from hemlets_ros.msg import PersonCropArray, Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.human_bodies import HumanBodies, Seen
from hemlets_ros.nodes.markers import clear_markers, markers
from hemlets_ros.nodes.mesh_markers import mesh_markers
from hemlets_ros.nodes.messages import crops_from_message, frame_to_message
from hemlets_ros.nodes.optional_messages import messages_of
from hemlets_ros.nodes.parameters import read, values_of
from hemlets_ros.nodes.per_image_node import Outputs, PerImageNode
from hemlets_ros.nodes.qos import LATCHED, NEWEST_RELIABLE, RESULTS
from hemlets_ros.nodes.runner import run_node
from hemlets_ros.nodes.tf import camera_in_map
from hemlets_ros.people import Frame
from hemlets_ros.pipeline import Pipeline
from hemlets_ros.settings import (
    CameraPoseSettings,
    DrawingSettings,
    LimitSettings,
    PoseSettings,
    RefinementSettings,
    Ros4hriSettings,
)
from hemlets_ros.system.device import release_memory

_REMINDER_S = 10.0  # time between warnings about untrained weights


class PoseNode(PerImageNode):
    """Runs the HEMlets network; publishes one Skeleton3DArray per PersonCropArray, even without people."""

    NAME = 'pose_node'
    SENDS_IMAGES = False

    def __init__(self, subscribe_to_crops: bool = True, **kwargs: Any) -> None:
        """subscribe_to_crops: False if `take` is called with crops in this process."""
        super().__init__(**kwargs)
        self._subscribe_to_crops, self._warned_s = subscribe_to_crops, -_REMINDER_S
        self._pipeline: Pipeline | None = None
        self._bodies: HumanBodies | None = None

    def read_settings(self) -> None:
        self._settings = values_of(self, (PoseSettings, RefinementSettings))
        self._camera, self._drawing = read(self, CameraPoseSettings), read(self, DrawingSettings)
        self._limits = read(self, LimitSettings)

    def configure(self) -> None:
        super().configure()
        self._skeletons = self.create_lifecycle_publisher(Skeleton3DArray, topics.SKELETONS, RESULTS)
        self._markers = self.create_lifecycle_publisher(MarkerArray, topics.MARKERS, RESULTS)
        self._meshes = self.create_lifecycle_publisher(MarkerArray, topics.BODY_MESHES, RESULTS)
        self._static = None
        self._placed: set[str] = set()  # optical frames whose transform has been published
        if self._camera.camera_in_map:
            parse_pose(self._camera.camera_in_map)
            self._tf2_msgs = messages_of('tf2_msgs', self, topics.TF_STATIC)
            if self._tf2_msgs:
                self._static = self.create_lifecycle_publisher(self._tf2_msgs.TFMessage, topics.TF_STATIC,
                                                               LATCHED)
        self._bodies = HumanBodies(self) if read(self, Ros4hriSettings).ros4hri else None

    def activate(self) -> None:
        self._pipeline = Pipeline(stages=('pose',), **self._settings)
        self._pipeline.warm_up()
        release_memory()
        if self._subscribe_to_crops:
            self.create_subscription(PersonCropArray, topics.CROPS, self.take, NEWEST_RELIABLE)
        self.get_logger().info(f'ready, weights {self._pipeline.weights.name}')

    def deactivate(self) -> None:
        if self._last is not None and self.context.ok():
            self._markers.publish(clear_markers(self._last.header))
            self._meshes.publish(clear_markers(self._last.header))
        self._clear_bodies()
        super().deactivate()
        self._pipeline = None
        release_memory()

    def change(self) -> None:
        self._pipeline.change(**self._settings)

    def reset(self) -> None:
        self._pipeline.reset()
        self._clear_bodies()

    def details(self) -> dict[str, str]:
        if self._pipeline is None:
            return {}
        return {'model': self._pipeline.weights.name, 'device': self._pipeline.device,
                'backend': self._pipeline.backend}

    def warning(self) -> str:
        if self._pipeline.weights.warning:
            return self._pipeline.weights.warning
        return '' if self.statistics.figures().rate_in_hz else f'no messages on {topics.CROPS}'

    def process(self, message: PersonCropArray) -> Outputs:
        frame = self._pipeline.pose(crops_from_message(message, self._limits.max_message_people))
        # Making markers takes as long as making skeletons.
        return [(self._skeletons, frame_to_message(frame, message.header)),
                (self._markers, lambda: markers(frame, message.header, self._drawing.unseen_joints)),
                *self._meshes_of(frame, message.header), *self._for_others(frame, message)]

    def _meshes_of(self, frame: Frame, header: Header) -> Outputs:
        return [(self._meshes, lambda: mesh_markers(frame, header))] if self._settings['body'] else []

    def _for_others(self, frame: Frame, message: PersonCropArray) -> Outputs:
        """The outputs that depend on settings."""
        outputs: Outputs = []
        header: Header = message.header
        if self._static and header.frame_id not in self._placed:
            self._placed.add(header.frame_id)
            outputs.append((self._static, camera_in_map(self._camera.camera_in_map, header, self._tf2_msgs)))
        if self._bodies:
            outputs.append((self._bodies.publish, Seen(frame, message)))
        return outputs

    def _clear_bodies(self) -> None:
        if self._bodies:
            self._bodies.clear()

    def take(self, message: PersonCropArray, info: dict[str, Any] | None = None) -> None:
        """Processes the crops of an image, if the node is active."""
        if self.state != 'active':
            return
        self.statistics.received(info)
        self._warn()
        self.handle_image(message, topics.CROPS)

    def _warn(self) -> None:
        # rclpy's throttle_duration_sec inspects its caller at each call, which takes half a millisecond.
        now_s = time.monotonic()
        if self._pipeline.weights.warning and now_s - self._warned_s > _REMINDER_S:
            self._warned_s = now_s
            self.get_logger().warning(self._pipeline.weights.warning)


def main(args: list[str] | None = None) -> int:
    return run_node(PoseNode, args)


if __name__ == '__main__':
    sys.exit(main())
