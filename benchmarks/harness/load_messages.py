"""Publishers and subscriptions of the load benchmark."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from rclpy.serialization import serialize_message
from std_msgs.msg import Header

from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.image_messages import bgr_to_image
from hemlets_ros.nodes.messages import stamp_to_seconds
from hemlets_ros.nodes.qos import NEWEST_RELIABLE, RESULTS

_STAMP, _STAMP_AT = struct.Struct('<iI'), 4  # stamp in the CDR bytes of a message that begins with a header
_ALL = QoSProfile(depth=10_000, reliability=QoSReliabilityPolicy.RELIABLE)  # this process may be slow
COUNTERS = ('received', 'sent', 'dropped', 'refused')


class Stamped:
    """A message that is published repeatedly with new stamps; its bytes are made once."""

    def __init__(self, node: Node, message: Any, topic: str, qos: QoSProfile) -> None:
        self._clock, self._content = node.get_clock(), bytearray(serialize_message(message))
        self._publisher = node.create_publisher(type(message), topic, qos)
        self.published, self.last = 0, (0, 0)

    def publish(self) -> None:
        self.last = self._clock.now().seconds_nanoseconds()
        _STAMP.pack_into(self._content, _STAMP_AT, *self.last)
        self._publisher.publish(bytes(self._content))
        self.published += 1


class Camera(Stamped):
    """Publishes images, and receives their results."""

    def __init__(self, node: Node, name: str, size_px: tuple[int, int]) -> None:
        self.name, self.heard, self.skeletons = name, 0, b''
        pixels = np.full((size_px[1], size_px[0], 3), 90, np.uint8)
        super().__init__(node, bgr_to_image(pixels, Header(frame_id=name)), f'{name}/{topics.IMAGE}',
                         NEWEST_RELIABLE)
        node.create_subscription(Skeleton3DArray, f'{name}/{topics.SKELETONS}', self._on_skeletons, _ALL,
                                 raw=True)

    def _on_skeletons(self, message: bytes) -> None:
        self.heard += 1
        self.skeletons = message

    def answered(self) -> bool:
        return bool(self.skeletons) and _STAMP.unpack_from(self.skeletons, _STAMP_AT) == self.last


class Recorder(Stamped):
    """Publishes skeletons to the recorder, and counts what it acknowledges."""

    def __init__(self, node: Node, skeletons: Skeleton3DArray) -> None:
        super().__init__(node, skeletons, f'recording/{topics.SKELETONS}', RESULTS)
        self.acknowledged = 0
        node.create_subscription(Header, f'recording/{topics.RECORDED}', self._on_recorded, _ALL)

    def _on_recorded(self, _: Header) -> None:
        self.acknowledged += 1


class Counters:
    """The last published counters of each node."""

    def __init__(self, node: Node) -> None:
        self.latest: dict[str, dict[str, int]] = {}
        self.ages_s: dict[str, float] = {}  # maximum of the 95th percentiles over five seconds
        self._node, self._since_s = node, 0.0
        node.create_subscription(DiagnosticArray, topics.DIAGNOSTICS, self._on_diagnostics, _ALL)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        if stamp_to_seconds(message.header.stamp) < self._since_s:
            return
        for status in message.status:
            values = {each.key: each.value for each in status.values}
            node = status.name.partition(':')[0]
            self.latest[node] = {name: int(values[name]) for name in COUNTERS}
            if 'latency p95 [ms]' in values:
                self.ages_s[node] = max(self.ages_s.get(node, 0.0), float(values['latency p95 [ms]']) / 1000)

    def refresh(self, spin: Callable[[Callable[[], bool]], None], nodes: int) -> dict[str, dict[str, int]]:
        """The current counters of every node, which are published once per second."""
        self.latest.clear()
        self._since_s = self._node.get_clock().now().nanoseconds * 1e-9
        spin(lambda: len(self.latest) == nodes)
        return dict(self.latest)
