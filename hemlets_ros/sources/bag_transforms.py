"""How a camera stands, by the static transforms of a bag."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from hemlets_ros.sources.bag_reading import deserialized, open_bag, read_whole

_TOPIC = '/tf_static'
#: Frames whose z axis points up (REP-105); a robot's base is taken to stand level.
_LEVEL = ('map', 'odom', 'world', 'earth', 'base_footprint', 'base_link')


def up_by_transforms(path: Path, frame_id: str) -> np.ndarray | None:
    """Up in the axes of a frame, (3,), by static transforms to a frame of REP-105; None: there are none."""
    parents = {transform.child_frame_id.lstrip('/'): transform for transform in _static_transforms(path)}
    up, frame = np.array([0.0, 0.0, 1.0]), frame_id.lstrip('/')
    passed: list[Any] = []
    while frame not in _LEVEL:
        if frame not in parents or len(passed) > len(parents):
            return None
        passed.append(parents[frame].transform.rotation)
        frame = parents[frame].header.frame_id.lstrip('/')
    for rotation in reversed(passed):
        up = _turned_back(rotation, up)
    return up


def _static_transforms(path: Path) -> Iterator[Any]:
    def read(damaged: bool) -> Iterator[Any]:
        with open_bag(path, damaged) as reader:
            topics = [each for each in reader.connections if each.topic == _TOPIC]
            for connection, _, data in reader.messages(topics) if topics else ():
                message = deserialized(reader, data, connection)
                yield from message.transforms if message is not None else ()

    return read_whole(path, read)


def _turned_back(rotation: Any, vector: np.ndarray) -> np.ndarray:
    """A vector in the parent's axes, in the child's. rotation: of the child against the parent."""
    xyz, w = -np.array([rotation.x, rotation.y, rotation.z]), rotation.w
    twice = 2 * np.cross(xyz, vector)
    result: np.ndarray = vector + w * twice + np.cross(xyz, twice)
    return result
