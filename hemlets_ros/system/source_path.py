"""Interprets a source's name: a file or folder, or else a camera."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

_FILE = 'file://'


def source_path(name: str) -> Path | None:
    """The file or folder of a source's name; None for a camera (a number or an address).

    An existing file or folder takes precedence over a camera number: data sets have folders such as 0001.
    """
    if name.startswith(_FILE):
        return Path(unquote(urlsplit(name.replace('?', '%3F').replace('#', '%23')).path))
    if '://' in name:
        return None
    if _exists(Path(name)):  # including names that begin with ~
        return Path(name)
    if name.isdecimal():
        return None
    try:
        return Path(name).expanduser()
    except RuntimeError:  # no home folder, or an unknown user
        return Path(name)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that is too long, or with a null byte
        return False
