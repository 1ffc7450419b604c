"""A rosbag2 recording (.mcap, .db3, or their folder): every image once, in order, as it was stamped."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from rosbags.highlevel import AnyReader, AnyReaderError
from rosbags.interfaces import Connection
from rosbags.rosbag2 import ReaderError
from rosbags.typesys import Stores, get_typestore

from hemlets_ros.errors import InputError, SourceError
from hemlets_ros.geometry.camera import Intrinsics, intrinsics_from_camera_info
from hemlets_ros.images import compressed_to_bgr, raw_to_bgr
from hemlets_ros.sources import SourceImage, db3_salvage, mcap_salvage
from hemlets_ros.sources.bag_files import storage_files

_LOGGER = logging.getLogger(__name__)
_DECODERS = {'sensor_msgs/msg/Image': raw_to_bgr, 'sensor_msgs/msg/CompressedImage': compressed_to_bgr}
_CAMERA_INFO = 'sensor_msgs/msg/CameraInfo'
_FALLBACK_RATE_HZ = 30.0
_SALVAGE = {'.mcap': mcap_salvage, '.db3': db3_salvage}


class BagSource:
    """The images of one topic; raw or compressed.

    Raises SourceError where the recording or the topic cannot be read. What was cut off is left out, with
    a warning that counts it.
    """

    live = False

    def __init__(self, path: Path, topic: str = '') -> None:
        self._path = path
        with self._open() as reader:
            self._image = _image_topic(reader, topic, path)
            self.count = _count(reader, self._image)
            stamps_ns = list(_stamps(reader, self._image, at_most=50))
        if not stamps_ns:
            raise SourceError(f'{path}: no images on {self._image}')
        steps_s = np.diff(stamps_ns) / 1e9
        rate_hz = 1 / np.median(steps_s) if len(steps_s) and np.median(steps_s) > 0 else 0
        self.rate_hz = float(rate_hz) if 0 < rate_hz < 1000 else _FALLBACK_RATE_HZ

    def __iter__(self) -> Iterator[SourceImage]:
        with self._open(warn=True) as reader:
            images = _connections(reader, self._image)
            infos = _connections(reader, _info_topic(self._image))
            info = _first(reader, infos)
            start_ns: int | None = None
            index = 0
            for connection, logged_ns, data in reader.messages([*images, *infos]):
                message: Any = reader.deserialize(data, connection.msgtype)
                if connection.msgtype == _CAMERA_INFO:
                    info = message
                    continue
                stamp_ns = _stamp_ns(message) or logged_ns
                start_ns = stamp_ns if start_ns is None else start_ns
                index += 1
                try:
                    pixels = _DECODERS[connection.msgtype](message)
                except InputError as error:
                    _LOGGER.warning('%s: image %d left out: %s', self._path, index - 1, error)
                    continue
                yield SourceImage(pixels, (stamp_ns - start_ns) * 1e-9, str(index - 1), stamp_ns,
                                  message.header.frame_id, _intrinsics(info))
            expected = _expected(self._path).get(self._image)
            if expected is not None and index < expected:
                _LOGGER.warning('%s: %d of %d images on %s are lost', self._path, expected - index, expected,
                                self._image)

    @contextmanager
    def _open(self, warn: bool = False) -> Iterator[AnyReader]:
        with tempfile.TemporaryDirectory(prefix='hemlets_') as folder:
            paths = _readable(self._path, Path(folder), warn)
            try:
                with AnyReader(paths, default_typestore=get_typestore(Stores.LATEST)) as reader:
                    yield reader
            except (AnyReaderError, ReaderError, OSError) as error:
                raise SourceError(f'{self._path} cannot be read as a bag: {error}') from error


def _readable(path: Path, folder: Path, warn: bool) -> list[Path]:
    """What a reader can open: the recording, or its files where its folder or one of them is not whole."""
    files = storage_files(path)
    cut = [file for file in files if _SALVAGE[file.suffix].is_cut(file)]
    if path.is_file() or ((path / 'metadata.yaml').exists() and not cut):
        if not cut:
            return [path]
    elif not files:
        raise SourceError(f'{path}: no .mcap or .db3 file in this folder')
    elif warn and not (path / 'metadata.yaml').exists():
        _LOGGER.warning('%s has no metadata.yaml: reading its %d file(s) as they are', path, len(files))
    paths = []
    for file in files:
        if file in cut:
            file, lost = _SALVAGE[file.suffix].salvage(file, folder)
            if warn and lost:
                _LOGGER.warning('%s was cut off: %d bytes of it are lost', path, lost)
        paths.append(file)
    return paths


def _expected(path: Path) -> dict[str, int]:
    """Topic -> number of messages, by metadata.yaml; empty without one."""
    file = path / 'metadata.yaml'
    if not file.exists():
        return {}
    try:
        topics = yaml.safe_load(file.read_text())['rosbag2_bagfile_information']['topics_with_message_count']
        return {topic['topic_metadata']['name']: topic['message_count'] for topic in topics}
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise SourceError(f'{file} cannot be read: {error!r}') from error


def _image_topic(reader: AnyReader, topic: str, path: Path) -> str:
    there = sorted({connection.topic for connection in reader.connections if connection.msgtype in _DECODERS})
    for name in (topic, f'{topic}/compressed') if topic else there[:len(there) == 1]:
        if name in there:
            return name
    what = f'no images on {topic}' if topic else 'say which topic to read'
    raise SourceError(f'{path}: {what}; images are on {", ".join(there) or "no topic"}')


def _info_topic(image_topic: str) -> str:
    """/camera/image_raw and /camera/image_raw/compressed -> /camera/camera_info."""
    return f'{image_topic.removesuffix("/compressed").rpartition("/")[0]}/camera_info'


def _connections(reader: AnyReader, topic: str) -> list[Connection]:
    return [connection for connection in reader.connections if connection.topic == topic
            and connection.msgtype in (*_DECODERS, _CAMERA_INFO)]


def _count(reader: AnyReader, topic: str) -> int:
    return sum(connection.msgcount for connection in _connections(reader, topic))


def _stamps(reader: AnyReader, topic: str, at_most: int) -> Iterator[int]:
    for connection, logged_ns, data in islice(reader.messages(_connections(reader, topic)), at_most):
        yield _stamp_ns(reader.deserialize(data, connection.msgtype)) or logged_ns


def _first(reader: AnyReader, connections: list[Connection]) -> Any:
    if connections:
        for connection, _, data in reader.messages(connections):
            return reader.deserialize(data, connection.msgtype)
    return None


def _stamp_ns(message: Any) -> int:
    return message.header.stamp.sec * 10 ** 9 + message.header.stamp.nanosec


def _intrinsics(info: Any) -> Intrinsics | None:
    return None if info is None else intrinsics_from_camera_info(info.k, info.d, info.distortion_model)
