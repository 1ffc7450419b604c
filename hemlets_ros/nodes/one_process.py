"""Detector and pose node in one process: crops go from one to the other without DDS."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from rclpy.lifecycle import LifecyclePublisher

from hemlets_ros.nodes.detector_node import DetectorNode
from hemlets_ros.nodes.managed_node import ManagedNode
from hemlets_ros.nodes.pose_node import PoseNode
from hemlets_ros.nodes.runner import run_nodes


class Link:
    """In the place of a publisher: hands messages over, and publishes them only where others listen."""

    def __init__(self, publisher: LifecyclePublisher, take: Callable[[Any], None]) -> None:
        self._publisher, self._take = publisher, take

    def publish(self, message: Any) -> None:
        if self._publisher.get_subscription_count():
            self._publisher.publish(message)
        self._take(message)


def linked_nodes(**kwargs: Any) -> list[ManagedNode]:
    """A pose node, and a detector node that hands it its crops."""
    pose = PoseNode(hears_crops=False, **kwargs)

    class LinkedDetector(DetectorNode):

        def configure(self) -> None:
            super().configure()
            self._crops = Link(self._crops, pose.take)

    return [pose, LinkedDetector(**kwargs)]


def main(args: list[str] | None = None) -> int:
    return run_nodes('one_process', linked_nodes, args)


if __name__ == '__main__':
    sys.exit(main())
