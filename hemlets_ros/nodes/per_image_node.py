"""Base class of detector and pose node. Each image is processed once; results have its header."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rclpy.lifecycle import LifecyclePublisher
from std_srvs.srv import Trigger

from hemlets_ros.errors import InputError
from hemlets_ros.nodes.managed_node import ManagedNode
from hemlets_ros.nodes.messages import check_header, same_message, stamp_to_seconds

#: Pairs of a receiver (a publisher, or a function in this process) and a message, or a function that makes
#: the message. This function is called only if the topic has subscribers.
Outputs = list[tuple[LifecyclePublisher | Callable[[Any], None], Any]]


def publish(outputs: Outputs) -> None:
    """Publishes results, or passes them to functions."""
    for output, result in outputs:
        if not isinstance(output, LifecyclePublisher):
            output(result)
        elif not callable(result):
            output.publish(result)
        elif output.get_subscription_count():
            output.publish(result())


class PerImageNode(ManagedNode):
    """Processes each message of a topic, and publishes the results."""

    SERVICES = {'reset': 'resets tracks and filters'}  # noqa: RUF012 (declared as a class variable)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._last: Any = None  # the last processed message
        self._last_outputs: Outputs = []
        self.create_service(Trigger, '~/reset', self._on_reset)

    def process(self, message: Any, *arguments: Any) -> Outputs:
        """The results of a message. Raises InputError for an invalid one."""
        raise NotImplementedError

    def _on_reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        def reset() -> str:
            self.reset()
            return 'tracks and filters reset'
        return self.respond(response, reset)

    def configure(self) -> None:
        self.create_refusals()

    def deactivate(self) -> None:
        self._last, self._last_outputs = None, []

    def handle_image(self, message: Any, topic: str, *arguments: Any) -> None:
        """Processes a message of `topic`, and publishes the results.

        If the same image arrives again, a lossless camera missed the results, so they are published again.
        """
        header, start_s = message.header, time.perf_counter()
        if not same_message(message, self._last):
            try:
                check_header(header)
                self._last_outputs = self.process(message, *arguments)
            except InputError as error:
                self.refuse(topic, error, header)
                return
            self._last = message
        publish(self._last_outputs)
        now_s = self.get_clock().now().nanoseconds * 1e-9
        self.statistics.sent(time.perf_counter() - start_s, now_s - stamp_to_seconds(header.stamp))
