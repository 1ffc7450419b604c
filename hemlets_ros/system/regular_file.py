"""Refuses paths that are not regular files, before they are opened."""

from __future__ import annotations

import errno
from pathlib import Path


def check_regular_file(path: Path) -> None:
    """Raises OSError for a missing path, a folder, or a file without an end, such as a pipe or /dev/zero."""
    if not path.is_file():
        path.stat()  # raises if the path does not exist or is not accessible
        raise OSError(errno.EINVAL, 'it is a folder' if path.is_dir() else 'it is not a regular file')
