"""Reads text files from untrusted origin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from hemlets_ros.system.regular_file import check_regular_file

_MAX_BYTES = 2_000_000_000


def read_text(path: str | Path, most_bytes: int = _MAX_BYTES) -> str:
    """The text of a file; see `open_text`."""
    with open_text(path, most_bytes) as file:
        return file.read()


@contextmanager
def open_text(path: str | Path, most_bytes: int = _MAX_BYTES) -> Iterator[TextIO]:
    """Opens a UTF-8 file, with or without a byte order mark, for reading.

    Raises OSError if it cannot be read or is not a regular file; ValueError if it is not UTF-8 or too large.
    """
    path = Path(path)
    check_regular_file(path)
    if path.stat().st_size > most_bytes:
        raise ValueError(f'it has more than {most_bytes} bytes')
    try:
        with path.open(encoding='utf-8-sig') as file:
            yield file
    except UnicodeDecodeError as error:
        raise ValueError(f'it is not UTF-8 text (byte {error.start})') from error
