"""Reads skeletons from a bag by the recorder node, hemlets record or ros2 bag record."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from hemlets_ros.errors import InputError
from hemlets_ros.nodes.messages import frame_from_message, stamp_to_ns
from hemlets_ros.people import Frame
from hemlets_ros.sources.bag_reading import deserialized, open_bag, read_whole

_LOGGER = logging.getLogger(__name__)


def recorded_skeletons(path: Path, topic: str) -> Iterator[tuple[int, Frame]]:
    """Stamp in ns and frame of each message, in recorded order.

    Damaged messages are left out with a warning. Messages are read by the definition in the bag.

    Raises SourceError if the path is not a bag, InputError for messages of an unsupported version.
    """
    def read(damaged: bool) -> Iterator[tuple[int, Frame]]:
        with open_bag(path, damaged, warn=True) as reader:
            for connection, _, data in reader.messages(
                    [each for each in reader.connections if each.topic == topic]):
                message = deserialized(reader, data, connection)
                try:
                    if message is None:
                        raise InputError('the message is damaged')
                    frame = frame_from_message(message)
                except InputError as error:
                    _LOGGER.warning('%s: skeletons skipped: %s', path, error)
                    continue
                except AttributeError as error:
                    raise InputError(f'{path}: {topic} has messages of another version: {error}') from error
                yield stamp_to_ns(message.header.stamp), frame

    return read_whole(path, read)
