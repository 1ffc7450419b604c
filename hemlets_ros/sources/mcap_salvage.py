"""What can still be read of an .mcap file that was cut off, as a whole new one (https://mcap.dev/spec)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from rosbags.rosbag2 import StoragePlugin, Writer

_MAGIC = b'\x89MCAP0\r\n'
_HEADER, _FOOTER, _SCHEMA, _CHANNEL, _MESSAGE, _CHUNK, _DATA_END = 1, 2, 3, 4, 5, 6, 15
#: The reader of a single .mcap does not compare it.
_ANY_HASH = 'RIHS01_' + 64 * '0'


def is_cut(path: Path) -> bool:
    """Whether an .mcap file begins as one and lacks its end."""
    with path.open('rb') as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return False
        file.seek(0, 2)
        file.seek(max(len(_MAGIC), file.tell() - len(_MAGIC)))
        return file.read() != _MAGIC


def salvage(path: Path, folder: Path) -> tuple[Path, int]:
    """Copies all whole messages of a cut file into a new one in `folder`.

    Returns its path and the number of bytes at the end that could not be read.
    """
    schemas: dict[int, tuple[str, str]] = {}
    channels, whole_until = {}, 0
    with Writer(folder / path.stem, version=9, storage_plugin=StoragePlugin.MCAP) as writer, \
            path.open('rb') as file:
        file.seek(len(_MAGIC))
        for kind, record, end in _records(file):
            whole_until = end
            if kind == _SCHEMA:
                number, = _take(record, '<H')
                name, _, definition = (_text(record) for _ in range(3))
                schemas[number] = name, definition
            elif kind == _CHANNEL:
                number, schema = _take(record, '<HH')
                if number not in channels:
                    name, definition = schemas[schema]
                    channels[number] = writer.add_connection(
                        _text(record), name, msgdef=definition, rihs01=_ANY_HASH)
            elif kind == _MESSAGE:
                number, _, log_time, _ = _take(record, '<HIQQ')
                writer.write(channels[number], log_time, record.read())
            elif kind in (_DATA_END, _FOOTER):  # only the index is missing
                whole_until = file.seek(0, 2)
                break
        lost = file.seek(0, 2) - whole_until
    return folder / path.stem / f'{path.stem}.mcap', lost


def _records(file: BinaryIO) -> Iterator[tuple[int, BytesIO, int]]:
    """Kind, content and end of each whole record, also of those within chunks."""
    while True:
        head = file.read(9)
        if len(head) < 9:
            return
        kind, size = struct.unpack('<BQ', head)
        content = file.read(size)
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
    """The records of a chunk; of one that was cut and compressed: none."""
    if len(content.getvalue()) < 40:
        return BytesIO()
    _, _, size, _ = _take(content, '<QQQI')
    compression = _text(content)
    packed_size, = _take(content, '<Q')
    packed = content.read(packed_size)
    if not compression:
        return BytesIO(packed)
    if len(packed) < packed_size:
        return BytesIO()
    from rosbags.rosbag2.storage_mcap import decompress

    return BytesIO(decompress(packed, compression, size, 0))


def _take(record: BytesIO, layout: str) -> tuple[int, ...]:
    return struct.unpack(layout, record.read(struct.calcsize(layout)))


def _text(record: BytesIO) -> str:
    size, = _take(record, '<I')
    return record.read(size).decode()
