"""Refuses what is no regular file, or an empty one, before it is opened."""

from __future__ import annotations

import errno
from pathlib import Path


def check_regular_file(path: Path) -> None:
    """Raises OSError for a missing path, a folder, what may be read for ever (a pipe), and an empty file."""
    if not path.is_file():
        path.stat()  # says why it cannot be read
        raise OSError(errno.EINVAL, 'it is a folder' if path.is_dir() else 'it is not a regular file')
    if not path.stat().st_size:
        raise OSError(errno.EINVAL, 'it is empty')
