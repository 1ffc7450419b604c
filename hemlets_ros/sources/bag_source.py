"""A bag (.mcap, .db3, their folder, .bag): each image once, in recorded order, with its recorded stamp."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from rosbags.interfaces import Connection

from hemlets_ros.errors import HemletsError, InputError, SourceError
from hemlets_ros.geometry.camera_info import image_intrinsics, is_rectified
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.sources.bag_reader import BagReader
from hemlets_ros.sources.bag_reading import CAMERA_INFO, deserialized, expected_counts, open_bag, read_whole
from hemlets_ros.sources.image_encodings import compressed_to_bgr, raw_to_bgr
from hemlets_ros.sources.source import SourceImage

_LOGGER = logging.getLogger(__name__)
#: Message type -> function that converts a message to an image (H, W, 3) uint8 BGR.
_DECODERS: dict[str, Callable[[Any], np.ndarray]] = {
    'sensor_msgs/msg/Image': raw_to_bgr, 'sensor_msgs/msg/CompressedImage': compressed_to_bgr}
_FALLBACK_RATE_HZ = 30.0


class BagSource:
    """The images of one topic, raw or compressed.

    Of a truncated or damaged bag, all complete messages are read. Images that cannot be decoded are skipped;
    a warning counts missing images.

    Args:
        path: a .mcap, .db3 or .bag (ROS 1) file, or a bag's folder.
        topic: of the images, with or without /compressed; empty: the only one.
        calibrated: ignores camera_info, because the calibration is given elsewhere.

    Raises SourceError if the bag or the topic cannot be read.
    """

    live = False
    photos = False

    def __init__(self, path: Path, topic: str = '', calibrated: bool = False) -> None:
        self._path, self._calibrated = path, calibrated
        self._damaged = False
        try:
            stamps_ns = self._look(topic)
        except HemletsError:
            raise
        except Exception:  # noqa: BLE001 (as below, for a damaged bag)
            self._damaged = True
            stamps_ns = self._look(topic)
        if not stamps_ns:
            raise SourceError(f'{path}: no images on {self._image}')
        steps_s = np.diff(stamps_ns) / 1e9
        rate_hz = 1 / np.median(steps_s) if len(steps_s) and np.median(steps_s) > 0 else 0
        self.rate_hz = float(rate_hz) if 0 < rate_hz < 1000 else _FALLBACK_RATE_HZ

    def _look(self, topic: str) -> list[int]:
        """Reads topics and the first stamps, which are returned; sets attributes."""
        with open_bag(self._path, self._damaged) as reader:
            self._image = _image_topic(reader, topic, self._path)
            self.count: int | None = _count(reader, self._image)
            return list(_stamps(reader, self._image, at_most=50))

    def __iter__(self) -> Iterator[SourceImage]:
        return read_whole(self._path, self._images, self._damaged)

    def _images(self, damaged: bool) -> Iterator[SourceImage]:
        with open_bag(self._path, damaged, warn=True) as reader:
            images = _connections(reader, self._image)
            infos = [] if self._calibrated else _connections(reader, _info_topic(self._image))
            info = _first(reader, infos)
            start_ns: int | None = None
            index = given = 0
            for connection, logged_ns, data in reader.messages([*images, *infos]):
                if connection.msgtype == CAMERA_INFO:
                    info = deserialized(reader, data, connection) or info
                    continue
                index += 1
                try:
                    message = deserialized(reader, data, connection)
                    if message is None:
                        raise InputError('the message is damaged')
                    pixels = _DECODERS[connection.msgtype](message)
                except InputError as error:
                    _LOGGER.warning('%s: image %d skipped: %s', self._path, index - 1, error)
                    continue
                stamp_ns = _stamp_ns(message) or logged_ns
                start_ns = stamp_ns if start_ns is None else start_ns
                given += 1
                yield SourceImage(pixels, (stamp_ns - start_ns) * 1e-9, str(index - 1), stamp_ns,
                                  message.header.frame_id, self._intrinsics(info, pixels))
            expected = expected_counts(self._path).get(self._image)
            if expected is not None and index < expected:
                _LOGGER.warning('%s: %d of %d images on %s are missing', self._path, expected - index,
                                expected, self._image)

    def _intrinsics(self, info: Any, pixels: np.ndarray) -> Intrinsics | None:
        if info is None:
            return None
        try:
            return image_intrinsics(info, (pixels.shape[1], pixels.shape[0]), is_rectified(self._image))
        except InputError as error:
            raise SourceError(f'{self._path}: {_info_topic(self._image)}: {error}; or give a calibration'
                              ) from error


def _image_topic(reader: BagReader, topic: str, path: Path) -> str:
    topics = sorted({each.topic for each in reader.connections if each.msgtype in _DECODERS})
    for name in (topic, f'{topic}/compressed') if topic else topics[:len(topics) == 1]:
        if name in topics:
            return name
    what = f'no images on {topic}' if topic else 'topic must be set' if topics else 'no images'
    raise SourceError(f'{path}: {what}; images are on {", ".join(topics) or "no topic"}')


def _info_topic(image_topic: str) -> str:
    """The camera_info topic: /camera/image_raw and /camera/image_raw/compressed -> /camera/camera_info."""
    return f'{image_topic.removesuffix("/compressed").rpartition("/")[0]}/camera_info'


def _connections(reader: BagReader, topic: str) -> list[Connection]:
    return [connection for connection in reader.connections if connection.topic == topic
            and connection.msgtype in (*_DECODERS, CAMERA_INFO)]


def _count(reader: BagReader, topic: str) -> int:
    return sum(connection.msgcount for connection in _connections(reader, topic))


def _stamps(reader: BagReader, topic: str, at_most: int) -> Iterator[int]:
    for connection, logged_ns, data in islice(reader.messages(_connections(reader, topic)), at_most):
        message = deserialized(reader, data, connection)
        yield (message and _stamp_ns(message)) or logged_ns


def _first(reader: BagReader, connections: list[Connection]) -> Any:
    if connections:
        for connection, _, data in reader.messages(connections):
            return deserialized(reader, data, connection)
    return None


def _stamp_ns(message: Any) -> int:
    stamp_ns: int = message.header.stamp.sec * 10 ** 9 + message.header.stamp.nanosec
    return stamp_ns
