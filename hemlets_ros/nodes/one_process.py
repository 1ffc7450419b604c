"""Detector and pose node in one process; crops are passed without DDS."""

from __future__ import annotations

import sys
from typing import Any

from hemlets_ros.nodes.detector_node import DetectorNode
from hemlets_ros.nodes.managed_node import ManagedNode
from hemlets_ros.nodes.pose_node import PoseNode
from hemlets_ros.nodes.runner import run_nodes


def make_nodes(**kwargs: Any) -> list[ManagedNode]:
    """A pose node, and a detector node that passes its crops to it."""
    pose = PoseNode(subscribe_to_crops=False, **kwargs)
    return [pose, DetectorNode(on_crops=pose.take, **kwargs)]


def main(args: list[str] | None = None) -> int:
    return run_nodes('one_process', make_nodes, args)


if __name__ == '__main__':
    sys.exit(main())
