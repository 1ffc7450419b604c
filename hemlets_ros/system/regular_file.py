"""Refuses what is not a regular file before it is opened."""

from __future__ import annotations

import errno
from pathlib import Path


def check_regular_file(path: Path) -> None:
    """Raises OSError for a missing path, a folder, and what may be read for ever: a pipe, /dev/zero."""
    if not path.is_file():
        path.stat()  # says why it cannot be read
        raise OSError(errno.EINVAL, 'it is a folder' if path.is_dir() else 'it is not a regular file')
