"""Writes messages with their definitions into a bag, for ros2 bag, RViz and Foxglove."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any

from ament_index_python.packages import get_package_share_directory
from rclpy.serialization import serialize_message
from rosbags.interfaces import Nodetype
from rosbags.rosbag2 import StoragePlugin, Writer, WriterError
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from hemlets_ros.errors import OutputError
from hemlets_ros.system.disk_sync import DiskSync
from hemlets_ros.system.output_path import OutputClaim


class BagWriter:
    """A new bag: one .mcap file if the path ends in .mcap, else a folder as ros2 bag makes it.

    Until it is closed, a single file is in PATH.part/. If the process is killed, flushed messages can be read
    there.

    Args:
        overwrite: replaces an existing .mcap file; a folder is never replaced.

    Raises OutputError if the path exists, another process writes it, or it cannot be written (e.g. the disk
    is full). The bag then has the messages flushed before, without an index.
    """

    def __init__(self, path: str | Path, topics: dict[str, type], overwrite: bool = False) -> None:
        self._path = Path(path)
        self._single = self._path.suffix == '.mcap'
        folder = part_folder(self._path) if self._single else self._path
        if self._path.exists() and not (overwrite and self._single and self._path.is_file()):
            raise OutputError(f'cannot write {path}: file exists')
        typestore = get_typestore(Stores.EMPTY)
        names = {topic: _name(kind) for topic, kind in topics.items()}
        typestore.register(dict(_definitions(set(names.values()))))
        self._claim = OutputClaim(path)
        try:
            if overwrite and self._single and folder.is_dir():
                shutil.rmtree(folder)  # left by a killed process
            self._writer = Writer(folder, version=8, storage_plugin=StoragePlugin.MCAP)
            self._writer.open()
            self._connections = {topic: self._writer.add_connection(f'/{topic.lstrip("/")}', name,
                                                                    typestore=typestore)
                                 for topic, name in names.items()}
            self._storage.chunks = _ChunkIndex(folder)
        except (WriterError, OSError) as error:
            self._claim.release()
            raise OutputError(f'cannot write {path}: {getattr(error, "strerror", None) or error}') from error
        self._sync = DiskSync()
        self._whole_bytes = 0  # size of the file up to the end of the last complete chunk

    def write(self, topic: str, message: Any, stamp_ns: int) -> None:
        """Adds a message."""
        with self._errors_told():
            self._writer.write(self._connections[topic], stamp_ns, serialize_message(message))

    def flush(self) -> None:
        """Writes all messages so far to disk, as a chunk that is readable on its own."""
        with self._errors_told():
            storage = self._storage
            if storage.chunk.bio.tell():
                storage.close_chunk()
            storage.bio.flush()
            self._sync(storage.bio.fileno())
            self._whole_bytes = storage.bio.tell()
            if not storage.path.exists():
                raise FileNotFoundError(0, 'it was deleted by another process')

    def close(self) -> None:
        """Closes the bag; one without messages is deleted."""
        try:
            if self._writer.storage is None:  # closed, or given up after an error
                return
            with self._errors_told():
                if not sum(self._writer.counts.values()):
                    self._writer.abort()
                    shutil.rmtree(self._writer.path)
                    return
                self._writer.close()
                self._rename()
        finally:
            self._claim.release()

    @contextmanager
    def _errors_told(self) -> Iterator[None]:
        """Converts an OSError to an OutputError, and keeps the complete chunks of the file."""
        try:
            yield
        except OSError as error:
            self._give_up()
            raise OutputError(f'cannot write {self._path}: {error.strerror or error}') from error

    def _give_up(self) -> None:
        storage, self._writer.storage = self._storage, None
        with suppress(OSError, AttributeError):
            os.ftruncate(storage.bio.fileno(), self._whole_bytes)
            os.dup2(os.open(os.devnull, os.O_WRONLY), storage.bio.fileno())  # discards the buffered data
            storage.bio.close()
        with suppress(OSError, ValueError):
            if self._whole_bytes and self._single:
                self._rename()
            elif self._single:
                shutil.rmtree(self._writer.path)

    def _rename(self) -> None:
        """Renames a single file from its temporary path to its final name."""
        if self._single:
            file, = self._writer.path.glob('*.mcap')
            with file.open('rb') as written:
                DiskSync.finish(written.fileno())
            file.replace(self._path)
            shutil.rmtree(self._writer.path)

    @property
    def _storage(self) -> Any:
        return self._writer.storage

    def __enter__(self) -> BagWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


class _ChunkIndex:
    """Stores the chunk records of rosbags for the index at the end, in an unnamed temporary file.

    Every frame is a chunk. In memory, the records would grow without limit, by 0.4 MB per minute at 30 frames
    per second.
    """

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (open while the bag is written)
        self._count = 0

    def append(self, record: BytesIO) -> None:
        content = record.getvalue()
        self._file.write(len(content).to_bytes(4, 'little') + content)
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[BytesIO]:
        self._file.seek(0)
        while size := self._file.read(4):
            record = BytesIO()
            # The position of the stream stays at its end, as in the appended record.
            record.write(self._file.read(int.from_bytes(size, 'little')))
            yield record


def part_folder(path: Path) -> Path:
    """The folder of a single file until it is closed."""
    return path.with_name(f'{path.name}.part')


def _name(kind: type) -> str:
    return f'{kind.__module__.split(".")[0]}/msg/{kind.__name__}'


def _definitions(names: set[str]) -> Iterator[tuple[str, Any]]:
    """The installed definitions of message types and of all types that they contain."""
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
