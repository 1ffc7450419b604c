"""Publishes images with drawn skeletons, raw and compressed, while there are subscribers."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import CompressedImage, Image

from hemlets_ros.errors import InputError
from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.image_messages import bgr_to_compressed, bgr_to_image
from hemlets_ros.nodes.managed_node import ManagedNode
from hemlets_ros.nodes.messages import frame_from_message, stamp_to_ns
from hemlets_ros.nodes.qos import NEWEST_RELIABLE, RESULTS
from hemlets_ros.results.overlay import draw_frame

_KEPT = 8  # maximum number of images that wait for their skeletons


class SkeletonImages:
    """Keeps a node's images until their skeletons arrive. Does nothing without subscribers."""

    def __init__(self, node: ManagedNode) -> None:
        self._node = node
        self._raw = node.create_lifecycle_publisher(Image, topics.SKELETON_IMAGE, NEWEST_RELIABLE)
        # As in image_transport, remappings of skeleton_image apply first.
        self._compressed = node.create_lifecycle_publisher(
            CompressedImage, f'{node.resolve_topic_name(topics.SKELETON_IMAGE)}/compressed', NEWEST_RELIABLE)
        self.forget()

    def forget(self) -> None:
        """Drops all images. Called when the node leaves the active state."""
        self._waiting: dict[int, np.ndarray] = {}
        self._subscribed = False

    def add(self, image: np.ndarray, stamp: Time, unseen_joints: str, most_people: int) -> None:
        """Adds a (H, W, 3) uint8 BGR image, whose skeletons arrive later.

        unseen_joints: value of the parameter. most_people: maximum number of people in a message.
        """
        if not (self._raw.get_subscription_count() or self._compressed.get_subscription_count()):
            self._waiting.clear()
            return
        self._unseen_joints, self._most_people = unseen_joints, most_people
        if not self._subscribed:
            self._subscribed = True
            self._node.while_active(self._node.create_subscription(
                Skeleton3DArray, topics.SKELETONS, self._on_skeletons, RESULTS, qos_overriding_options=None))
        self._waiting[stamp_to_ns(stamp)] = image
        while len(self._waiting) > _KEPT:
            del self._waiting[next(iter(self._waiting))]

    def _on_skeletons(self, message: Skeleton3DArray) -> None:
        image = self._waiting.pop(stamp_to_ns(message.header.stamp), None)
        if image is None:
            return
        try:
            frame = frame_from_message(message, self._most_people)
        except InputError as error:
            # No refusal is published, because the image was processed and a lossless camera does not wait for
            # drawn images.
            self._node.get_logger().error(f'{topics.SKELETONS}: {error}', throttle_duration_sec=5.0)
            return
        drawn = draw_frame(image, frame, self._unseen_joints)
        if self._raw.get_subscription_count():
            self._raw.publish(bgr_to_image(drawn, message.header))
        if self._compressed.get_subscription_count():
            self._compressed.publish(bgr_to_compressed(drawn, message.header, 'jpeg'))
