"""Detector node: converts image_raw and camera_info to person_boxes and person_crops."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.qos import QoSDurabilityPolicy, QoSProfile
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from hemlets_ros.detection.names import GIVEN
from hemlets_ros.errors import InputError, SettingsError
from hemlets_ros.geometry.camera_info import image_intrinsics, is_rectified
from hemlets_ros.msg import PersonBoxArray, PersonCropArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.detection_messages import Pairs, boxes_from_detections, boxes_to_detections
from hemlets_ros.nodes.image_messages import bgr_to_image, image_to_bgr
from hemlets_ros.nodes.messages import (
    check_count,
    crops_to_messages,
    stamp_to_seconds,
)
from hemlets_ros.nodes.optional_messages import messages_of
from hemlets_ros.nodes.parameters import read, values_of
from hemlets_ros.nodes.per_image_node import Outputs, PerImageNode
from hemlets_ros.nodes.qos import LATCHED, NEWEST, NEWEST_RELIABLE, RESULTS
from hemlets_ros.nodes.runner import run_node
from hemlets_ros.nodes.skeleton_images import SkeletonImages
from hemlets_ros.people import Box
from hemlets_ros.pipeline import Pipeline
from hemlets_ros.results.overlay import draw_boxes
from hemlets_ros.settings import (
    CameraSettings,
    CropSettings,
    DetectorSettings,
    DrawingSettings,
    LimitSettings,
    TrackingSettings,
    TransportSettings,
)
from hemlets_ros.system.device import release_memory

_INFO_WAIT_S = 1.0  # maximum wait for the first camera_info, if a publisher exists
_GROUPS = (DetectorSettings, TrackingSettings, CameraSettings, CropSettings)


class DetectorNode(PerImageNode):
    """Finds people; publishes one PersonCropArray per image, even without people."""

    NAME = 'detector_node'

    def __init__(self, on_crops: Callable[[PersonCropArray], None] | None = None, **kwargs: Any) -> None:
        """on_crops: called with the crops of each image, for a pose node in the same process."""
        super().__init__(**kwargs)
        self._on_crops = on_crops
        self._pipeline: Pipeline | None = None
        self._infos: dict[str, CameraInfo] = {}  # by topic
        self._info_topics: tuple[str, ...] = ()  # in order of preference
        self._waiting: Image | CompressedImage | None = None
        self._skeleton_images: SkeletonImages | None = None
        # Steady time, because simulated time may be paused.
        self._info_timeout = self.create_timer(_INFO_WAIT_S, self._on_info_timeout, autostart=False,
                                               clock=Clock(clock_type=ClockType.STEADY_TIME))

    def read_settings(self) -> None:
        self._transport, self._limits = read(self, TransportSettings), read(self, LimitSettings)
        self._settings, self._drawing = values_of(self, _GROUPS), read(self, DrawingSettings)
        if self._transport.detections_in:
            self._settings['detector'] = 'whole-image'  # not used, because boxes are given

    def configure(self) -> None:
        super().configure()
        self._boxes = self.create_lifecycle_publisher(PersonBoxArray, topics.BOXES, NEWEST_RELIABLE)
        self._crops = self.create_lifecycle_publisher(PersonCropArray, topics.CROPS, NEWEST_RELIABLE)
        self._picture = self.create_lifecycle_publisher(Image, topics.PICTURE, NEWEST_RELIABLE)
        self._skeleton_images = SkeletonImages(self)
        self._vision_msgs = messages_of('vision_msgs', self, topics.DETECTIONS_OUT)
        if self._vision_msgs:
            self._detections = self.create_lifecycle_publisher(
                self._vision_msgs.Detection2DArray, topics.DETECTIONS_OUT, NEWEST_RELIABLE)
        elif self._transport.detections_in:
            raise SettingsError('detections_in needs vision_msgs, which is not installed')

    def activate(self) -> None:
        if self._transport.detections_in:
            self._pairs = Pairs()
            self.create_subscription(self._vision_msgs.Detection2DArray, topics.DETECTIONS_IN,
                                     self._on_detections, RESULTS)
        self._pipeline = Pipeline(stages=('find',), **self._settings)
        self._pipeline.live = not self._transport.reliable_images
        self._pipeline.warm_up()
        release_memory()
        qos = NEWEST_RELIABLE if self._transport.reliable_images else NEWEST
        self._subscribe_to_infos(qos)
        if self._transport.image_transport == 'compressed':
            # As in image_transport, remappings of image_raw apply first.
            self._topic = f'{self.resolve_topic_name(topics.IMAGE)}/compressed'
            self.create_subscription(CompressedImage, self._topic, self._on_image, qos)
        else:
            self._topic = topics.IMAGE
            self.create_subscription(Image, self._topic, self._on_image, qos)
        finds = GIVEN if self._transport.detections_in else self._pipeline.detector
        self.get_logger().info(f'ready, subscribed to {self.resolve_topic_name(self._topic)}, '
                               f'detector {finds}')

    def _subscribe_to_infos(self, qos: QoSProfile) -> None:
        """Subscribes to camera_info, and to the camera_info beside the images if only these are remapped."""
        image_topic, own = (self.resolve_topic_name(name) for name in (topics.IMAGE, topics.CAMERA_INFO))
        self._rectified = is_rectified(image_topic)
        self._infos: dict[str, CameraInfo] = {}
        self._latched: set[str] = set()
        self._info_topics = tuple(dict.fromkeys(
            (own, f'{image_topic.rpartition("/")[0]}/{topics.CAMERA_INFO}')))
        for topic in self._info_topics:
            self.create_subscription(CameraInfo, topics.CAMERA_INFO if topic == own else topic,
                                     functools.partial(self._on_info, topic), qos)

    def _ask_for_latched_infos(self) -> None:
        """Subscribes with transient-local QoS to get a camera_info that was published before.

        Only if a publisher offers it: other publishers are incompatible with this QoS and would warn.
        """
        for topic in self._info_topics:
            if topic not in self._latched and any(
                    each.qos_profile.durability == QoSDurabilityPolicy.TRANSIENT_LOCAL
                    for each in self.get_publishers_info_by_topic(topic)):
                self._latched.add(topic)
                self.while_active(self.create_subscription(
                    CameraInfo, topic, functools.partial(self._on_info, topic), LATCHED,
                    qos_overriding_options=None))

    @property
    def _info(self) -> CameraInfo | None:
        return next((self._infos[topic] for topic in self._info_topics if topic in self._infos), None)

    def deactivate(self) -> None:
        super().deactivate()
        self._info_timeout.cancel()
        self._pipeline = self._waiting = None
        if self._skeleton_images is not None:
            self._skeleton_images.forget()
        self._infos = {}
        release_memory()

    def change(self) -> None:
        self._pipeline.change(**self._settings)

    def reset(self) -> None:
        self._pipeline.reset()

    def details(self) -> dict[str, str]:
        if self.get_parameter('detections_in').value:
            return {'model': self.resolve_topic_name(topics.DETECTIONS_IN)}
        if self._pipeline is None:
            return {'model': self.get_parameter('detector').value}
        return {'model': self._pipeline.detector, 'device': self._pipeline.detector_device}

    def warning(self) -> str:
        if self._pipeline.limit_reached:
            return f'as many people as max_persons ({self._settings["max_persons"]}) allows'
        if self.statistics.figures().rate_in_hz:
            return ''
        return f'no images on {self.resolve_topic_name(self._topic)}'

    def process(self, message: Image | CompressedImage, given: list[Box] | None = None) -> Outputs:
        """Finds people and publishes crops; given: boxes of another detector instead."""
        image, header = image_to_bgr(message, self._limits.max_image_px), message.header
        intrinsics = None if self._info is None else \
            image_intrinsics(self._info, (image.shape[1], image.shape[0]), self._rectified)
        found = self._pipeline.find(image, intrinsics, given, stamp_to_seconds(header.stamp), header.frame_id)
        self._skeleton_images.add(image, header.stamp, self._drawing.unseen_joints,
                                  self._limits.max_message_people)
        box_array, crop_array = crops_to_messages(found, header)
        boxes = [crop.box for crop in found.crops]

        def picture() -> Image:
            return bgr_to_image(draw_boxes(image, boxes), message.header)

        outputs: Outputs = [(self._boxes, lambda: box_array), (self._crops, lambda: crop_array)]
        if self._on_crops is not None:
            outputs.append((self._on_crops, crop_array))
        outputs.append((self._picture, picture))
        if self._vision_msgs:
            outputs.append((self._detections, boxes_to_detections(boxes, message.header, self._vision_msgs)))
        return outputs

    def _on_info(self, topic: str, message: CameraInfo) -> None:
        self._infos[topic] = message
        self._process_waiting()

    def _on_image(self, message: Image | CompressedImage, info: dict[str, Any]) -> None:
        self.statistics.received(info)
        # Image and camera_info arrive in any order. The first image waits for the intrinsics if there is a
        # publisher, instead of being processed with assumed ones.
        if self._info is None:
            self._ask_for_latched_infos()
        if self._info is None and any(map(self.count_publishers, self._info_topics)):
            if self._waiting is None:
                self._info_timeout.reset()
            else:
                self.statistics.replaced()
            self._waiting = message
            return
        self._take(message)

    def _take(self, image: Image | CompressedImage) -> None:
        if self._transport.detections_in:
            self._handle_pair(self._pairs.add_image(image))
        else:
            self.handle_image(image, self._topic)

    def _on_detections(self, message: Any) -> None:
        self._handle_pair(self._pairs.add_detections(message))

    def _handle_pair(self, pair: tuple[Any, Any] | None) -> None:
        if pair is not None:
            image, detections = pair
            try:
                check_count(detections.detections, self._limits.max_message_people)
                boxes = boxes_from_detections(detections, self._settings['score_threshold'])
            except InputError as error:
                self.refuse(topics.DETECTIONS_IN, error, image.header)
                return
            self.handle_image(image, self._topic, boxes)

    def _on_info_timeout(self) -> None:
        if self._waiting is not None:
            self.get_logger().warning(
                f'no {topics.CAMERA_INFO} for {_INFO_WAIT_S} s: using assumed_fov_deg', once=True)
        self._process_waiting()

    def _process_waiting(self) -> None:
        self._info_timeout.cancel()
        message, self._waiting = self._waiting, None
        if message is not None:
            self._take(message)


def main(args: list[str] | None = None) -> int:
    return run_node(DetectorNode, args)


if __name__ == '__main__':
    sys.exit(main())
