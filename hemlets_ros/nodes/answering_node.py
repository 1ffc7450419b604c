"""What detector and pose node share: each message is answered once, under its own header."""

from __future__ import annotations

import time
from typing import Any

from rclpy.lifecycle import LifecyclePublisher
from std_msgs.msg import Header

from hemlets_ros.errors import InputError
from hemlets_ros.nodes.managed_node import ManagedNode
from hemlets_ros.nodes.messages import same_image, stamp_to_seconds

#: Where to publish, and what: a message, or what makes one, which is asked only where somebody listens.
Answer = list[tuple[LifecyclePublisher, Any]]


class AnsweringNode(ManagedNode):
    """Turns each message of a topic into messages on its outputs."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._answered: Header | None = None
        self._answer: Answer = []
        self.offer('reset', self._on_reset, 'forgets all tracks and filters')

    def process(self, message: Any) -> Answer:
        """The answer to a message. Raises InputError for one that cannot be worked with."""
        raise NotImplementedError

    def _on_reset(self) -> str:
        self.reset()
        return 'forgotten: all tracks and filters start anew'

    def deactivate(self) -> None:
        self._answered, self._answer = None, []

    def answer(self, message: Any, topic: str) -> None:
        """Publishes the answer to a message.

        The same image again is a lossless camera that missed the answer, and gets the same one.
        """
        header, start_s = message.header, time.perf_counter()
        if not same_image(header, self._answered):
            try:
                self._answer = self.process(message)
            except InputError as error:
                self.get_logger().error(f'{topic}: {error}', throttle_duration_sec=5.0)
                return
            self._answered = header
        for output, answer in self._answer:
            if not callable(answer):
                output.publish(answer)
            elif output.get_subscription_count():
                output.publish(answer())
        now_s = self.get_clock().now().nanoseconds * 1e-9
        self.traffic.sent(time.perf_counter() - start_s, now_s - stamp_to_seconds(header.stamp))
