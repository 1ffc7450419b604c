"""Receives skeletons of a running graph, each with its image."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np
import rclpy
from geometry_msgs.msg import TransformStamped
from rclpy.exceptions import InvalidNamespaceException, InvalidTopicNameException
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import CompressedImage, Image

from hemlets_ros.errors import InputError, SettingsError
from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.dds import use_large_shared_memory
from hemlets_ros.nodes.image_messages import image_to_bgr
from hemlets_ros.nodes.messages import frame_from_message, stamp_to_ns
from hemlets_ros.nodes.optional_messages import messages_of
from hemlets_ros.people import Frame

_LOGGER = logging.getLogger(__name__)
_NAME = 'hemlets_listener'
_KEPT_BYTES = 2 ** 28  # limit of images that wait for their skeletons: 3 s of a camera of 1280 x 720 px
#: The QoS of tf2's listener: the last message of each publisher.
_STATIC = QoSProfile(depth=100, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
#: Long queues, so that a recording is complete even after a pause.
_SKELETONS = QoSProfile(depth=100, reliability=QoSReliabilityPolicy.RELIABLE)
_IMAGES = QoSProfile(depth=5, reliability=QoSReliabilityPolicy.BEST_EFFORT)
_ROUND_S = 0.1  # maximum delay of a stop, and time that skeletons wait for a late image
_LAST_S = 1.0  # time to take waiting messages after a stop
_SILENCE_S = 5.0  # time without messages until the user is told what is missing


def live_skeletons(
    until: threading.Event, namespace: str = '', skeletons: str = '', image: str | None = '',
    transforms: list[TransformStamped] | None = None,
) -> Iterator[tuple[Frame, np.ndarray | None]]:
    """Frames of a topic with their images (H, W, 3) uint8 BGR, or None if no image has the same stamp.

    Args:
        until: when it is set, the iteration ends after the messages that have arrived.
        namespace: of the graph.
        skeletons: topic, relative to the namespace; empty: skeletons.
        image: topic, raw, or compressed if the name ends in /compressed; empty: image_raw; None: no images.
        transforms: received static transforms are appended to it, if tf2_msgs is installed.

    Raises SettingsError for invalid ROS names.
    """
    use_large_shared_memory()
    context = rclpy.Context()
    # The caller handles signals.
    rclpy.init(context=context, args=[], signal_handler_options=SignalHandlerOptions.NO)
    try:
        try:
            node = rclpy.create_node(_NAME, context=context, namespace=namespace, enable_rosout=False,
                                     start_parameter_services=False)
            heard = _Heard(node, skeletons or topics.SKELETONS,
                           image if image is None else image or topics.IMAGE, transforms)
        except (InvalidNamespaceException, InvalidTopicNameException) as error:
            raise SettingsError(str(error).replace('\n', ' ')) from error
        executor = SingleThreadedExecutor(context=context)
        executor.add_node(node)
        start_s: float | None = time.monotonic()
        while not until.is_set():
            executor.spin_once(timeout_sec=_ROUND_S)
            for each in heard.take():
                start_s = None
                yield each
            if start_s is not None and time.monotonic() > start_s + _SILENCE_S:
                start_s = None
                _LOGGER.warning('no message on %s yet: does a graph run in this ROS_DOMAIN_ID and namespace?',
                                heard.topic)
        _take_what_waits(executor, heard)
        yield from heard.take(everything=True)
    finally:
        rclpy.shutdown(context=context)


def _take_what_waits(executor: SingleThreadedExecutor, heard: _Heard) -> None:
    """Takes messages that have already arrived; for a limited time, as others may keep arriving."""
    now_s = last_s = time.monotonic()
    end_s = now_s + _LAST_S
    while now_s < min(last_s + _ROUND_S, end_s):
        count = heard.count
        executor.spin_once(timeout_sec=_ROUND_S / 5)  # one call may find nothing although messages wait
        now_s = time.monotonic()
        last_s = now_s if heard.count != count else last_s


class _Heard:
    """Buffer of received skeletons, which wait briefly for their image, and of images."""

    def __init__(self, node: Node, skeletons: str, image: str | None,
                 transforms: list[TransformStamped] | None) -> None:
        self.count = 0  # received messages
        self._node = node
        self._images: dict[int, Image | CompressedImage] = {}
        self._bytes = 0  # size of the waiting images
        self._frames: deque[tuple[int, Frame, float]] = deque()
        self._image = ''
        if image is not None:
            kind = CompressedImage if image.endswith('/compressed') else Image
            # Subscribed first, because rclpy takes messages in this order and images precede their skeletons.
            self._image = node.create_subscription(kind, image, self._on_image, _IMAGES).topic_name
        self._transforms = transforms
        tf2_msgs = None if transforms is None else messages_of(
            'tf2_msgs', node, topics.TF_STATIC, 'is not heard')
        if tf2_msgs:
            node.create_subscription(tf2_msgs.TFMessage, topics.TF_STATIC, self._on_transforms, _STATIC)
        self.topic = node.create_subscription(
            Skeleton3DArray, skeletons, self._on_skeletons, _SKELETONS).topic_name

    def take(self, everything: bool = False) -> Iterator[tuple[Frame, np.ndarray | None]]:
        """Returns the frames that need not wait any longer; everything: all frames."""
        while self._frames:
            stamp_ns, frame, come_s = self._frames[0]
            may_come = self._image and time.monotonic() < come_s + _ROUND_S \
                and self._node.count_publishers(self._image)
            if stamp_ns not in self._images and may_come and not everything:
                return
            self._frames.popleft()
            yield frame, self._pixels(stamp_ns)

    def _pixels(self, stamp_ns: int) -> np.ndarray | None:
        message = self._take_image(stamp_ns)
        try:
            return None if message is None else image_to_bgr(message)
        except InputError as error:
            _LOGGER.warning('%s: %s', self._image, error)
            return None

    def _take_image(self, stamp_ns: int) -> Image | CompressedImage | None:
        message = self._images.pop(stamp_ns, None)
        self._bytes -= 0 if message is None else len(message.data)
        return message

    def _on_image(self, message: Image | CompressedImage) -> None:
        self.count += 1
        self._take_image(stamp_to_ns(message.header.stamp))
        self._images[stamp_to_ns(message.header.stamp)] = message
        self._bytes += len(message.data)
        while self._bytes > _KEPT_BYTES and len(self._images) > 1:
            self._take_image(next(iter(self._images)))

    def _on_transforms(self, message: Any) -> None:
        self.count += 1
        assert self._transforms is not None
        self._transforms.extend(message.transforms)

    def _on_skeletons(self, message: Skeleton3DArray) -> None:
        self.count += 1
        try:
            frame = frame_from_message(message)
        except InputError as error:
            _LOGGER.warning('%s: %s', self.topic, error)
            return
        self._frames.append((stamp_to_ns(message.header.stamp), frame, time.monotonic()))
