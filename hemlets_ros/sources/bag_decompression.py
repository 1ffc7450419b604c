"""Limits the decompression of bags. rosbags has no limit, and a few bytes can expand to gigabytes."""

from __future__ import annotations

import bz2
import io
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, BinaryIO, Literal

import lz4.frame  # a dependency of rosbags, like zstd
from rosbags.rosbag1 import reader as rosbag1_reader
from rosbags.rosbag2 import reader as rosbag2_reader
from rosbags.rosbag2 import storage_mcap

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: Limit for a chunk or a message: the largest supported images have 480 million bytes.
MOST_BYTES = 500_000_000
#: Limits for a storage file that is compressed as a whole and unpacked to disk; the larger one applies.
_MOST_FILE_BYTES, _MOST_TIMES = 10 ** 10, 100
_BLOCK = 2 ** 20


def unzstd(data: bytes) -> bytes:
    """Decompresses zstd data. Raises ValueError for more than MOST_BYTES and for truncated data."""
    return _whole(zstd.ZstdDecompressor, data)


def unlz4(data: bytes) -> bytes:
    """As `unzstd`."""
    return _whole(lz4.frame.LZ4FrameDecompressor, data)


def unbz2(data: bytes) -> bytes:
    """As `unzstd`."""
    return _whole(bz2.BZ2Decompressor, data)


def _whole(make: Callable[[], Any], data: bytes) -> bytes:
    parts: list[bytes] = []
    size = 0
    while data or not parts:  # one or more compressed streams
        decompressor = make()
        parts.append(decompressor.decompress(data, MOST_BYTES - size + 1))
        size += len(parts[-1])
        if size > MOST_BYTES:
            raise ValueError(f'it decompresses to more than {MOST_BYTES} bytes')
        if not decompressor.eof:
            raise ValueError('compressed data are truncated')
        data = decompressor.unused_data or b''
    return parts[0] if len(parts) == 1 else b''.join(parts)


class _BoundedFile:
    """A file that is decompressed while it is read, up to a limit."""

    def __init__(self, file: BinaryIO, mode: Literal['rb']) -> None:
        packed = file.seek(0, io.SEEK_END)
        file.seek(0)
        self._file, self._left = zstd.open(file, mode), max(_MOST_FILE_BYTES, _MOST_TIMES * packed)

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._file.read(min(size, _BLOCK) if size >= 0 else _BLOCK)
        self._left -= len(data)
        if self._left < 0:
            raise ValueError('a compressed file decompresses to too many bytes')
        return data

    def __enter__(self) -> _BoundedFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def bound_rosbags() -> None:
    """Makes rosbags use these functions in this process."""
    storage_mcap.DECOMPRESSORS |= {'zstd': lambda data, _: unzstd(data), 'lz4': lambda data, _: unlz4(data)}
    rosbag1_reader.decompressors |= {'bz2': unbz2, 'lz4': unlz4}
    reader: Any = rosbag2_reader
    reader.zstd = SimpleNamespace(decompress=unzstd, open=_BoundedFile)
