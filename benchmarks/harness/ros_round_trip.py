"""Cost of ROS: making messages, and sending them to another process and back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from types import TracebackType
from typing import Any

import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from std_msgs.msg import Header

from harness import ros_echo
from harness.pipeline_cases import PEOPLE, frame_of
from harness.run_context import RunContext
from harness.timing import Case, repeated
from hemlets_ros.errors import HemletsError
from hemlets_ros.nodes.dds import use_large_shared_memory
from hemlets_ros.nodes.image_messages import bgr_to_image
from hemlets_ros.nodes.markers import markers
from hemlets_ros.nodes.messages import frame_to_message, ns_to_stamp
from hemlets_ros.nodes.process_group import PRIVATE, wait_or_kill
from hemlets_ros.nodes.qos import copy_of

MESSAGES, DDS = 'messages', 'dds'
_TIMEOUT_S = 60.0


class NoAnswerError(HemletsError):
    """The other process did not answer."""


class RoundTrip:
    """Sends messages to a process that sends them back."""

    def __init__(self) -> None:
        for name, value in PRIVATE.items():
            os.environ.setdefault(name, value)
        use_large_shared_memory()
        self._context = rclpy.Context()
        rclpy.init(context=self._context)
        self._node = rclpy.create_node('benchmark', context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._heard: Any = None
        self._count = 0
        self._met: set[type] = set()  # types for which discovery is complete
        self._publishers = {kind: self._node.create_publisher(kind, f'there/{kind.__name__}', copy_of(qos))
                            for kind, qos in ros_echo.KINDS.items()}
        for kind, qos in ros_echo.KINDS.items():
            self._node.create_subscription(kind, f'back/{kind.__name__}', self._hear, copy_of(qos))
        self.process = subprocess.Popen([sys.executable, ros_echo.__file__])

    def __call__(self, message: Any) -> Any:
        """The returned message. Raises NoAnswerError after a minute."""
        self._count += 1
        message.header.stamp = ns_to_stamp(self._count)
        self._heard = None
        end_s = time.monotonic() + _TIMEOUT_S
        publisher = self._publishers[type(message)]
        publisher.publish(message)
        while self._heard is None or self._heard.header.stamp != message.header.stamp:
            self._executor.spin_once(timeout_sec=0.1)
            if self._heard is None and type(message) not in self._met:
                publisher.publish(message)  # repeated, because the other process may be starting
            if self.process.poll() is not None or time.monotonic() > end_s:
                raise NoAnswerError(f'{type(message).__name__} did not come back from the other process')
        self._met.add(type(message))
        return self._heard

    def _hear(self, message: Any) -> None:
        self._heard = message

    def __enter__(self) -> RoundTrip:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.process.send_signal(signal.SIGINT)
        wait_or_kill(self.process)
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.try_shutdown(context=self._context)


def messages(run: RunContext) -> list[Case]:
    """From a frame's people to the messages of the pose node."""
    frame, header = frame_of(run, PEOPLE), Header(frame_id='camera')
    return [Case(MESSAGES, 'skeletons', repeated(lambda: frame_to_message(frame, header)), PEOPLE),
            Case(MESSAGES, 'markers', repeated(lambda: markers(frame, header)), PEOPLE)]


def dds(run: RunContext) -> list[Case]:
    """A round trip: two hops, each with serialising, sending, waking the other process, deserialising."""
    trip = run.resources.enter_context(RoundTrip())
    image = bgr_to_image(np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8), Header())
    skeletons = frame_to_message(frame_of(run, PEOPLE), Header(frame_id='camera'))
    return [Case(DDS, 'image of 640x480, there and back', repeated(lambda: trip(image))),
            Case(DDS, 'skeletons, there and back', repeated(lambda: trip(skeletons)), PEOPLE)]
