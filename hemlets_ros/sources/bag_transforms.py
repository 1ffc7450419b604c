"""Orientation of a camera from static transforms of a bag or a running graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from hemlets_ros.sources.bag_reading import deserialized, open_bag, read_whole

_TOPIC = '/tf_static'
_TYPES = ('tf2_msgs/msg/TFMessage', 'tf/msg/tfMessage')  # the second one in old bags of ROS 1
#: Frames whose z axis points up (REP-105); a robot's base is assumed to be level.
_LEVEL = ('map', 'odom', 'world', 'earth', 'base_footprint', 'base_link')


def rotations_from_level(transforms: Iterable[Any], frame_id: str) -> np.ndarray | None:
    """The chain of rotations (n, 4), w x y z, from a level frame (REP-105, z up) to a frame.

    Each is the rotation of a child in its parent; the first one is that of the level frame's child. None:
    there is no such chain.

    transforms: geometry_msgs/TransformStamped; the last one of each child is used.
    """
    parents = {transform.child_frame_id.lstrip('/'): transform for transform in transforms}
    frame = frame_id.lstrip('/')
    passed: list[list[float]] = []
    while frame not in _LEVEL:
        if frame not in parents or len(passed) > len(parents):
            return None
        rotation = parents[frame].transform.rotation
        passed.append([rotation.w, rotation.x, rotation.y, rotation.z])
        frame = parents[frame].header.frame_id.lstrip('/')
    return np.array(passed[::-1]).reshape(-1, 4)


def static_transforms(path: Path) -> Iterator[Any]:
    """The static transforms of a bag: geometry_msgs/TransformStamped."""
    def read(damaged: bool) -> Iterator[Any]:
        with open_bag(path, damaged) as reader:
            topics = [each for each in reader.connections if each.topic == _TOPIC and each.msgtype in _TYPES]
            for connection, _, data in reader.messages(topics) if topics else ():
                message = deserialized(reader, data, connection)
                yield from message.transforms if message is not None else ()

    return read_whole(path, read)
