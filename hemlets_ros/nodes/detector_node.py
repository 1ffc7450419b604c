"""Detector node: image_raw and camera_info -> person_boxes and person_crops."""

from __future__ import annotations

import dataclasses
import sys
import time
from typing import Any

import numpy as np
from rclpy.clock import Clock, ClockType
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from hemlets_ros.device import release_memory
from hemlets_ros.errors import SettingsError
from hemlets_ros.geometry.camera import Intrinsics
from hemlets_ros.msg import PersonBoxArray, PersonCropArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.answering_node import Answer, AnsweringNode
from hemlets_ros.nodes.detections import Pairs, boxes_from_detections, boxes_to_detections
from hemlets_ros.nodes.images import bgr_to_image, image_to_bgr
from hemlets_ros.nodes.messages import (
    crops_to_messages,
    intrinsics_from_message,
    stamp_to_seconds,
)
from hemlets_ros.nodes.optional import messages_of
from hemlets_ros.nodes.parameters import read
from hemlets_ros.nodes.qos import NEWEST, NEWEST_RELIABLE, RESULTS
from hemlets_ros.nodes.runner import run_node
from hemlets_ros.people import Box
from hemlets_ros.person_finder import PersonFinder
from hemlets_ros.settings import (
    CameraSettings,
    CropSettings,
    DetectorSettings,
    TrackingSettings,
    TransportSettings,
)

_INFO_WAIT_S = 1.0  # for the first camera_info of a camera that publishes any
_FIRST_IMAGE = np.zeros((480, 640, 3), np.uint8)


class DetectorNode(AnsweringNode):
    """Finds people; every image gets one PersonCropArray, also without people."""

    NAME = 'detector_node'

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._finder: PersonFinder | None = None
        self._info: CameraInfo | None = None
        self._waiting: Image | CompressedImage | None = None
        self._given: list[Box] | None = None  # people that another detector has found
        # Steady: a paused simulation must not make an image wait.
        self._patience = self.create_timer(_INFO_WAIT_S, self._on_patience_over, autostart=False,
                                           clock=Clock(clock_type=ClockType.STEADY_TIME))

    def read_settings(self) -> None:
        self._camera = read(self, CameraSettings)
        self._transport = read(self, TransportSettings)
        self._detector, self._tracking, self._crop = (
            read(self, group) for group in (DetectorSettings, TrackingSettings, CropSettings))

    def configure(self) -> None:
        self._boxes = self.send(PersonBoxArray, topics.BOXES, NEWEST_RELIABLE)
        self._crops = self.send(PersonCropArray, topics.CROPS, NEWEST_RELIABLE)
        self._picture = self.send(Image, topics.PICTURE, NEWEST_RELIABLE)
        self._vision_msgs = messages_of('vision_msgs', self, topics.DETECTIONS_OUT)
        if self._vision_msgs:
            self._detections = self.send(self._vision_msgs.Detection2DArray, topics.DETECTIONS_OUT,
                                         NEWEST_RELIABLE)
        elif self._transport.detections_in:
            raise SettingsError('detections_in needs vision_msgs, which is not installed here')

    def activate(self) -> None:
        detector = self._detector
        if self._transport.detections_in:
            detector = dataclasses.replace(detector, detector='whole-image')  # never asked: boxes are given
            self._pairs = Pairs()
            self.hear(self._vision_msgs.Detection2DArray, topics.DETECTIONS_IN, self._on_detections, RESULTS)
        self._finder = PersonFinder(detector, self._tracking, self._crop)
        self._finder(_FIRST_IMAGE)  # the first run is many times slower than the rest
        self._finder.reset()
        self.hear(CameraInfo, topics.CAMERA_INFO, self._on_info, NEWEST)
        if self._transport.image_transport == 'compressed':
            # As image_transport does: a remapped image_raw is remapped first.
            self._topic = f'{self.resolve_topic_name(topics.IMAGE)}/compressed'
            self.hear(CompressedImage, self._topic, self._on_image, NEWEST)
        else:
            self._topic = topics.IMAGE
            self.hear(Image, self._topic, self._on_image, NEWEST)
        self.get_logger().info(f'ready for {self.resolve_topic_name(self._topic)}')

    def deactivate(self) -> None:
        super().deactivate()
        self._patience.cancel()
        self._finder = self._info = self._waiting = self._given = None
        release_memory()

    def change(self) -> None:
        self._finder.change(self._detector, self._tracking, self._crop)

    def reset(self) -> None:
        self._finder.reset()

    def about(self) -> dict[str, str]:
        if self.get_parameter('detections_in').value:
            return {'model': self.resolve_topic_name(topics.DETECTIONS_IN)}
        detector = self.get_parameter('detector').value
        model = self.get_parameter('detector_model').value if detector == 'ultralytics' else ''
        about = {'model': f'{detector} {model}'.strip()}
        return about | {'device': self._finder.device} if self._finder else about

    def concern(self) -> str:
        if self.traffic.figures().rate_in_hz:
            return ''
        return f'no images on {self.resolve_topic_name(self._topic)}'

    def process(self, message: Image | CompressedImage) -> Answer:
        start_s = time.perf_counter()
        image = image_to_bgr(message)
        crops = self._finder(image, stamp_to_seconds(message.header.stamp), self._given)
        size_px = (image.shape[1], image.shape[0])
        box_array, crop_array = crops_to_messages(
            crops, message.header, self._intrinsics(size_px), size_px, time.perf_counter() - start_s)
        boxes = [crop.box for crop in crops]

        def picture() -> Image:
            from hemlets_ros.results.overlay import draw_boxes  # brings FFmpeg

            return bgr_to_image(draw_boxes(image, boxes), message.header)

        answer = [(self._boxes, lambda: box_array), (self._crops, crop_array), (self._picture, picture)]
        if self._vision_msgs:
            answer.append((self._detections, boxes_to_detections(boxes, message.header, self._vision_msgs)))
        return answer

    def _on_info(self, message: CameraInfo) -> None:
        self._info = message
        self._process_waiting()

    def _on_image(self, message: Image | CompressedImage, info: dict[str, Any]) -> None:
        self.traffic.received(info)
        # Which of the two comes first is not certain; the first images must not get a guess where
        # the camera is about to say its intrinsics.
        if self._info is None and self.count_publishers(topics.CAMERA_INFO):
            if self._waiting is None:
                self._patience.reset()
            self._waiting = message
            return
        self._take(message)

    def _take(self, image: Image | CompressedImage) -> None:
        if self._transport.detections_in:
            self._answer_pair(self._pairs.add_image(image))
        else:
            self.answer(image, self._topic)

    def _on_detections(self, message: Any) -> None:
        self._answer_pair(self._pairs.add_detections(message))

    def _answer_pair(self, pair: tuple[Any, Any] | None) -> None:
        if pair is not None:
            image, detections = pair
            self._given = boxes_from_detections(detections, self._detector.score_threshold)
            self.answer(image, self._topic)

    def _on_patience_over(self) -> None:
        if self._waiting is not None:
            self.get_logger().warning(f'no {topics.CAMERA_INFO} for {_INFO_WAIT_S} s: going on '
                                      'with an assumed field of view', once=True)
        self._process_waiting()

    def _process_waiting(self) -> None:
        self._patience.cancel()
        message, self._waiting = self._waiting, None
        if message is not None:
            self._take(message)

    def _intrinsics(self, size_px: tuple[int, int]) -> Intrinsics:
        known = None if self._info is None else intrinsics_from_message(self._info)
        return known or Intrinsics.from_fov(*size_px, self._camera.assumed_fov_deg)


def main(args: list[str] | None = None) -> int:
    return run_node(DetectorNode, args)


if __name__ == '__main__':
    sys.exit(main())
