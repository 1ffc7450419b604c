"""Detector node: image_raw and camera_info -> person_boxes and person_crops."""

from __future__ import annotations

import sys
import time

from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image

from hemlets_ros.camera import Intrinsics
from hemlets_ros.errors import InputError
from hemlets_ros.msg import PersonBoxArray, PersonCropArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.images import image_to_bgr
from hemlets_ros.nodes.messages import (
    crops_to_messages,
    intrinsics_from_message,
    stamp_to_seconds,
)
from hemlets_ros.nodes.parameters import declare
from hemlets_ros.nodes.qos import NEWEST, NEWEST_RELIABLE, overridable
from hemlets_ros.nodes.runner import run_node
from hemlets_ros.pipeline import PersonFinder
from hemlets_ros.settings import CameraSettings, CropSettings, DetectorSettings, TrackingSettings

NAME = 'detector_node'
_INFO_WAIT_S = 1.0  # for the first camera_info of a camera that publishes any


class DetectorNode(Node):
    """Finds people; every image gets one PersonCropArray, also without people."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(NAME, **kwargs)
        self._camera = declare(self, CameraSettings)
        self._finder = PersonFinder(declare(self, DetectorSettings), declare(self, TrackingSettings),
                                    declare(self, CropSettings))
        self._info: CameraInfo | None = None
        self._waiting: Image | None = None
        self._answer: tuple[PersonBoxArray, PersonCropArray] | None = None
        self._boxes = self.create_publisher(
            PersonBoxArray, topics.BOXES, NEWEST_RELIABLE, qos_overriding_options=overridable())
        self._crops = self.create_publisher(
            PersonCropArray, topics.CROPS, NEWEST_RELIABLE, qos_overriding_options=overridable())
        self.create_subscription(CameraInfo, topics.CAMERA_INFO, self._on_info, NEWEST,
                                 qos_overriding_options=overridable())
        self.create_subscription(Image, topics.IMAGE, self._on_image, NEWEST,
                                 qos_overriding_options=overridable())
        self._patience = self.create_timer(_INFO_WAIT_S, self._on_patience_over, autostart=False)
        self.get_logger().info('ready')

    def _on_info(self, message: CameraInfo) -> None:
        self._info = message
        self._process_waiting()

    def _on_image(self, message: Image) -> None:
        # Which of the two comes first is not certain; the first images must not get a guess where
        # the camera is about to say its intrinsics.
        if self._info is None and self.count_publishers(topics.CAMERA_INFO):
            if self._waiting is None:
                self._patience.reset()
            self._waiting = message
            return
        self._process(message)

    def _on_patience_over(self) -> None:
        if self._waiting is not None:
            self.get_logger().warning(f'no {topics.CAMERA_INFO} for {_INFO_WAIT_S} s: going on '
                                      'with an assumed field of view', once=True)
        self._process_waiting()

    def _process_waiting(self) -> None:
        self._patience.cancel()
        message, self._waiting = self._waiting, None
        if message is not None:
            self._process(message)

    def _process(self, message: Image) -> None:
        # The same stamp again is a lossless camera that missed the answer.
        if self._answer is None or self._answer[0].header != message.header:
            try:
                self._answer = self._find(message)
            except InputError as error:
                self.get_logger().error(f'{topics.IMAGE}: {error}', throttle_duration_sec=5.0)
                return
        boxes, crops = self._answer
        self._boxes.publish(boxes)
        self._crops.publish(crops)

    def _find(self, message: Image) -> tuple[PersonBoxArray, PersonCropArray]:
        start_s = time.perf_counter()
        image = image_to_bgr(message)
        crops = self._finder(image, stamp_to_seconds(message.header.stamp))
        size_px = (message.width, message.height)
        return crops_to_messages(crops, message.header, self._intrinsics(size_px), size_px,
                                 time.perf_counter() - start_s)

    def _intrinsics(self, size_px: tuple[int, int]) -> Intrinsics:
        known = None if self._info is None else intrinsics_from_message(self._info)
        return known or Intrinsics.from_fov(*size_px, self._camera.assumed_fov_deg)


def main(args: list[str] | None = None) -> int:
    return run_node(NAME, DetectorNode, args)


if __name__ == '__main__':
    sys.exit(main())
