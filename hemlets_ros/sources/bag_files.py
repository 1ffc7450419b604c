"""Which paths are rosbag2 recordings, and of which files they consist."""

from __future__ import annotations

from pathlib import Path

_SUFFIXES = frozenset({'.mcap', '.db3'})


def is_bag(path: Path) -> bool:
    """Whether a path is a recording: a file of one, or a folder with such files."""
    return bool(storage_files(path)) or (path / 'metadata.yaml').exists()


def storage_files(path: Path) -> list[Path]:
    """The files of a recording, in the order in which they were written."""
    files = path.iterdir() if path.is_dir() else [path]
    # Of a recording that was split: a_2.mcap before a_10.mcap.
    return sorted((file for file in files if file.suffix in _SUFFIXES),
                  key=lambda file: (len(file.name), file.name))
