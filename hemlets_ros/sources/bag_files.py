"""Recognises bags of ROS 2 and ROS 1, and lists their files."""

from __future__ import annotations

from pathlib import Path

_SUFFIXES = frozenset({'.mcap', '.db3'})
_ROS1 = '.bag'


def is_bag(path: Path) -> bool:
    """Whether a path is a bag: a .mcap, .db3 or .bag file, or a folder with .mcap, .db3 or metadata.yaml."""
    return bool(storage_files(path)) or (path / 'metadata.yaml').is_file()


def looks_like_bag(path: Path) -> bool:
    """As `is_bag`; False if the path cannot be accessed, because its reader then reports the reason."""
    try:
        return is_bag(path)
    except (OSError, ValueError):
        return False


def storage_files(path: Path) -> list[Path]:
    """The files of a bag with its messages, in the order in which they were written."""
    if path.is_file():
        return [path] if path.suffix in (*_SUFFIXES, _ROS1) else []
    if not path.is_dir():
        return []
    # In a split bag, a_2.mcap precedes a_10.mcap.
    return sorted((file for file in path.iterdir() if file.suffix in _SUFFIXES and file.is_file()),
                  key=lambda file: (len(file.name), file.name))
