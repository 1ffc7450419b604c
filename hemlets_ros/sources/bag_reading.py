"""Opens bags of any kind; reads all complete messages of truncated or damaged bags."""

from __future__ import annotations

import logging
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

from rosbags.interfaces import Connection
from rosbags.serde import SerdeError

from hemlets_ros.errors import HemletsError, SourceError
from hemlets_ros.sources import db3_salvage, mcap_salvage
from hemlets_ros.sources.bag_decompression import bound_rosbags
from hemlets_ros.sources.bag_files import storage_files
from hemlets_ros.sources.bag_reader import BagReader
from hemlets_ros.system.error_text import fault_of
from hemlets_ros.system.one_line import one_line
from hemlets_ros.system.yaml_file import load_yaml

bound_rosbags()
T = TypeVar('T')
_LOGGER = logging.getLogger(__name__)
CAMERA_INFO = 'sensor_msgs/msg/CameraInfo'
_SALVAGE = {'.mcap': mcap_salvage, '.db3': db3_salvage}


@contextmanager
def open_bag(path: Path, damaged: bool = False, warn: bool = False) -> Iterator[BagReader]:
    """A reader of a bag, which may be truncated.

    Args:
        damaged: copies all complete messages first, and reads the copy.
        warn: logs warnings about missing messages.

    Raises SourceError if there is no bag. If the bag is damaged and `damaged` is False, exceptions of rosbags
    are passed on.
    """
    with tempfile.TemporaryDirectory(prefix='hemlets_') as folder:
        try:
            paths = _readable(path, Path(folder), warn, damaged)
            with BagReader(paths) as reader:
                yield reader
        except HemletsError:
            raise
        except Exception as error:  # rosbags, SQLite and decompressors raise many types for damage
            if damaged or isinstance(error, OSError):
                raise SourceError(f'{path} cannot be read as a bag: {_told(error)}') from error
            raise


def topics_of(path: Path, kind: str) -> list[str]:
    """The topics with messages of a type, such as sensor_msgs/msg/Image. Raises SourceError for no bag."""
    def look(damaged: bool) -> Iterator[list[str]]:
        with open_bag(path, damaged) as reader:
            yield sorted({each.topic for each in reader.connections if each.msgtype == kind})

    return next(read_whole(path, look))


def read_whole(path: Path, read: Callable[[bool], Iterator[T]], damaged: bool = False) -> Iterator[T]:
    """The items of `read`. If the bag turns out to be damaged, continues with its complete messages.

    read: its argument is `damaged` of `open_bag`.
    """
    count = 0
    while True:
        try:
            for item in islice(read(damaged), count, None):
                count += 1
                yield item
            return
        except HemletsError:
            raise
        except Exception as error:  # noqa: BLE001 (as above, for a damaged bag)
            _LOGGER.warning('%s is damaged: complete messages are read: %s', path, _told(error))
            damaged = True


def _readable(path: Path, folder: Path, warn: bool, damaged: bool) -> list[Path]:
    """Paths that a reader can open: the bag, or its files if metadata.yaml is missing or a file is damaged.

    Repaired copies are written to `folder` for files that are truncated or have a write-ahead log, or for all
    files if the bag is `damaged`.
    """
    files = storage_files(path)
    metadata = path / 'metadata.yaml'
    if metadata.is_file():
        expected_counts(path)  # raises an error with the name of an invalid metadata.yaml
    for file in files:
        if file.suffix == '.mcap':
            try:
                mcap_salvage.check_chunks(file)
            except ValueError as error:
                raise SourceError(f'{file} refused: {error}') from error
    logged = [file for file in files if file.suffix == '.db3' and db3_salvage.has_log(file)]
    broken = [file for file in files if file.suffix in _SALVAGE and file not in logged and (
        damaged or _SALVAGE[file.suffix].is_truncated(file))]
    if path.is_file() or (metadata.is_file() and not broken):
        if not broken and not logged:
            return [path]
    elif not files:
        raise SourceError(f'{path}: no .mcap or .db3 file in this folder')
    elif warn and not metadata.is_file():
        _LOGGER.warning('%s has no metadata.yaml: reading its %d storage file(s) directly', path, len(files))
    paths = []
    for file in files:
        if file in logged:
            file = db3_salvage.with_log(file, folder)
        elif file in broken:
            file, lost = _SALVAGE[file.suffix].salvage(file, folder)
            if warn and lost:
                _LOGGER.warning('%s is truncated: %d bytes are missing', path, lost)
        paths.append(file)
    return paths


def deserialized(reader: BagReader, data: bytes, connection: Connection) -> Any:
    """The deserialised message; None if it is damaged."""
    try:
        message = reader.deserialize(data, connection)
    except (SerdeError, KeyError, ValueError, IndexError, TypeError, AssertionError, RecursionError,
            struct.error, MemoryError):
        return None
    if connection.msgtype == CAMERA_INFO and not hasattr(message, 'k'):  # ROS 1: upper-case names
        return SimpleNamespace(**{name.lower(): value for name, value in vars(message).items()})
    return message


def _told(error: Exception) -> str:
    """The text of an error, or its type's name if the text is empty."""
    return one_line(str(error))[:200] or type(error).__name__


def expected_counts(path: Path) -> dict[str, int]:
    """Topic -> number of messages in metadata.yaml; empty without this file."""
    file = path / 'metadata.yaml'
    if not file.exists():
        return {}
    try:
        topics = load_yaml(file)['rosbag2_bagfile_information']['topics_with_message_count']
        return {topic['topic_metadata']['name']: topic['message_count'] for topic in topics}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(f'{file} cannot be read: {fault_of(error)}') from error
