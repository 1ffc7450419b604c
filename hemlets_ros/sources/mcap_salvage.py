"""Recovers the messages of a truncated or damaged .mcap file into a new, complete one (https://mcap.dev/spec).

The `mcap` package's StreamReader recovers nothing of a truncated chunk: of a chunk with 12 images that is cut
in half, it recovers none instead of 6.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from rosbags.interfaces import Connection
from rosbags.rosbag2 import StoragePlugin, Writer, WriterError
from rosbags.typesys import Stores, TypesysError, get_types_from_msg, get_typestore

from hemlets_ros.sources.bag_decompression import MOST_BYTES

_MAGIC = b'\x89MCAP0\r\n'
_HEADER, _FOOTER, _SCHEMA, _CHANNEL, _MESSAGE, _CHUNK, _DATA_END = 1, 2, 3, 4, 5, 6, 15
#: Placeholder for an unknown type hash, which is not compared when a single .mcap is read.
_ANY_HASH = 'RIHS01_' + 64 * '0'


def is_truncated(path: Path) -> bool:
    """Whether a file starts as an .mcap file but lacks its end."""
    with path.open('rb') as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return False
        file.seek(0, 2)
        file.seek(max(len(_MAGIC), file.tell() - len(_MAGIC)))
        return file.read() != _MAGIC


def check_chunks(path: Path) -> None:
    """Raises ValueError if the header of a chunk gives a decompressed size above 500 MB.

    Only the headers of chunks are read.
    """
    end = path.stat().st_size
    with path.open('rb') as file:
        at = len(_MAGIC)
        while at + 9 <= end:
            file.seek(at)
            kind, size = struct.unpack('<BQ', file.read(9))
            if kind == _CHUNK and size >= 40:
                _, _, unpacked = struct.unpack('<QQQ', file.read(24).ljust(24, b'\0'))
                if unpacked > MOST_BYTES:
                    raise ValueError(f'a chunk says that it decompresses to {unpacked} bytes')
            at += 9 + size


def salvage(path: Path, folder: Path) -> tuple[Path, int]:
    """Copies all complete messages of a file, except those of damaged chunks, into a new one in `folder`.

    Returns the new path and the number of bytes at the end that could not be read.
    """
    schemas: dict[int, tuple[str, str]] = {}
    channels: dict[int, Connection] = {}
    whole_until = 0
    with Writer(folder / path.stem, version=9, storage_plugin=StoragePlugin.MCAP) as writer, \
            path.open('rb') as file:
        file.seek(len(_MAGIC))
        for kind, record, end in _records(file):
            whole_until = end
            if kind in (_DATA_END, _FOOTER):  # only the index is missing
                whole_until = file.seek(0, 2)
                break
            try:
                if kind == _SCHEMA:
                    number, = _take(record, '<H')
                    name, _, definition = (_text(record) for _ in range(3))
                    schemas[number] = name, definition
                elif kind == _CHANNEL:
                    number, schema = _take(record, '<HH')
                    if number not in channels:
                        name, definition = schemas[schema]
                        channels[number] = writer.add_connection(
                            _text(record), name, msgdef=definition, rihs01=_hash(name, definition))
                elif kind == _MESSAGE:
                    number, _, log_time, _ = _take(record, '<HIQQ')
                    writer.write(channels[number], log_time, record.read())
            except (struct.error, KeyError, ValueError, WriterError, TypesysError):  # a damaged record
                continue
        lost = file.seek(0, 2) - whole_until
    return folder / path.stem / f'{path.stem}.mcap', lost


def _records(file: BinaryIO) -> Iterator[tuple[int, BytesIO, int]]:
    """Kind, content and end position of each complete record, including those within chunks."""
    while True:
        head = file.read(9)
        if len(head) < 9:
            return
        kind, size = struct.unpack('<BQ', head)
        content = file.read(min(size, MOST_BYTES))  # a damaged length may have any value
        if kind == _CHUNK:
            inner = _chunk(BytesIO(content))
            for inner_kind, record, end in _records(inner):
                rest = 0 if len(content) == size else len(inner.getvalue()) - end
                yield inner_kind, record, file.tell() - rest
        if len(content) < size:
            return
        if kind != _CHUNK:
            yield kind, BytesIO(content), file.tell()


def _chunk(content: BytesIO) -> BytesIO:
    """The decompressed records of a chunk; empty if it is compressed, and truncated or damaged."""
    try:
        _, _, size, _ = _take(content, '<QQQI')
        compression = _text(content)
        packed_size, = _take(content, '<Q')
    except (struct.error, UnicodeDecodeError):
        return BytesIO()
    packed = content.read(packed_size)
    if not compression:
        return BytesIO(packed)
    if len(packed) < packed_size:
        return BytesIO()
    from rosbags.rosbag2.storage_mcap import decompress

    try:
        return BytesIO(decompress(packed, compression, size, 0))
    except Exception:  # noqa: BLE001 (each compression library has its own exceptions)
        return BytesIO()


def _hash(name: str, definition: str) -> str:
    """The hash of a type, as in metadata.yaml."""
    try:
        types = get_typestore(Stores.EMPTY)
        types.register(get_types_from_msg(definition, name))
        return types.hash_rihs01(name)
    except (TypesysError, KeyError, ValueError, TypeError, RecursionError):  # damaged, or another format
        return _ANY_HASH


def _take(record: BytesIO, layout: str) -> tuple[int, ...]:
    return struct.unpack(layout, record.read(struct.calcsize(layout)))


def _text(record: BytesIO) -> str:
    size, = _take(record, '<I')
    return record.read(size).decode()
