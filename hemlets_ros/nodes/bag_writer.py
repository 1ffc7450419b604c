"""Writes messages into a bag that ros2 bag, RViz and Foxglove open: schemas come with it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from ament_index_python.packages import get_package_share_directory
from rclpy.serialization import serialize_message
from rosbags.interfaces import Nodetype
from rosbags.rosbag2 import StoragePlugin, Writer, WriterError
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from hemlets_ros.errors import OutputError


class BagWriter:
    """A new bag: one .mcap file where the path ends so, else a folder as ros2 bag makes it.

    Until it is closed, a file is in PATH.part/. Raises OutputError where the path exists or cannot be
    written.
    """

    def __init__(self, path: str | Path, topics: dict[str, type]) -> None:
        self._path = Path(path)
        self._single = self._path.suffix == '.mcap'
        folder = self._path.with_name(f'{self._path.name}.part') if self._single else self._path
        if self._path.exists():
            raise OutputError(f'cannot write {path}: it is there already')
        typestore = get_typestore(Stores.EMPTY)
        names = {topic: _name(kind) for topic, kind in topics.items()}
        typestore.register(dict(_definitions(set(names.values()))))
        try:
            self._writer = Writer(folder, version=8, storage_plugin=StoragePlugin.MCAP)
            self._writer.open()
        except (WriterError, OSError) as error:
            raise OutputError(f'cannot write {path}: {error}') from error
        self._connections = {topic: self._writer.add_connection(f'/{topic.lstrip("/")}', name,
                                                                typestore=typestore)
                             for topic, name in names.items()}

    def write(self, topic: str, message: Any, stamp_ns: int) -> None:
        """Adds a message."""
        self._writer.write(self._connections[topic], stamp_ns, serialize_message(message))

    def close(self) -> None:
        """Ends the bag; of one without messages nothing stays."""
        if not sum(self._writer.counts.values()):
            self._writer.abort()
            shutil.rmtree(self._writer.path)
            return
        self._writer.close()
        if self._single:
            file, = self._writer.path.glob('*.mcap')
            file.rename(self._path)
            shutil.rmtree(self._writer.path)

    def __enter__(self) -> BagWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


def _name(kind: type) -> str:
    return f'{kind.__module__.split(".")[0]}/msg/{kind.__name__}'


def _definitions(names: set[str]) -> Iterator[tuple[str, Any]]:
    """The definitions of messages and of all that they consist of, as they are installed here."""
    todo, seen = set(names), set()
    while todo:
        name = todo.pop()
        seen.add(name)
        package, _, stem = name.split('/')
        file = Path(get_package_share_directory(package), 'msg', f'{stem}.msg')
        for defined, definition in get_types_from_msg(file.read_text(), name).items():
            yield defined, definition
            for _, (node, detail) in definition[1]:
                if node in (Nodetype.ARRAY, Nodetype.SEQUENCE):
                    node, detail = detail[0]
                if node == Nodetype.NAME and detail not in seen:
                    todo.add(detail)
