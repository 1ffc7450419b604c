"""Reading text files that may be anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from hemlets_ros.system.regular_file import check_regular_file

_MOST_BYTES = 2_000_000_000


def read_text(path: str | Path, most_bytes: int = _MOST_BYTES) -> str:
    """The text of a file; see `open_text`."""
    with open_text(path, most_bytes) as file:
        return file.read()


@contextmanager
def open_text(path: str | Path, most_bytes: int = _MOST_BYTES) -> Iterator[TextIO]:
    """A file in UTF-8, with or without a byte order mark, to be read.

    Raises OSError where it cannot be read, or is not a regular file; ValueError where it is not UTF-8, or too
    large.
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
