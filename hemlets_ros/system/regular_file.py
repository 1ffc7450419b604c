"""Refuses paths that are not regular files, and empty files, before they are opened."""

from __future__ import annotations

import errno
from pathlib import Path


def check_regular_file(path: Path) -> None:
    """Raises OSError for a missing path, a folder, an empty file, or one without an end, such as a pipe."""
    if not path.is_file():
        path.stat()  # raises if the path does not exist or is not accessible
        raise OSError(errno.EINVAL, 'it is a folder' if path.is_dir() else 'it is not a regular file')
    if not path.stat().st_size:
        raise OSError(errno.EINVAL, 'it is empty')
