"""Files that are made once per machine and reused, such as exported networks."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from hemlets_ros.errors import OutputError


def cache_folder() -> Path:
    """$XDG_CACHE_HOME/hemlets_ros; by default ~/.cache/hemlets_ros.

    For a user without a home folder it is /.cache/hemlets_ros, which usually cannot be written.
    """
    given = Path(os.environ.get('XDG_CACHE_HOME', ''))
    try:
        return (given if given.is_absolute() else Path.home() / '.cache') / 'hemlets_ros'
    except RuntimeError:
        return Path('/.cache/hemlets_ros')


def size_bytes(path: Path) -> int:
    """Size of a file, or of all files in a folder. Symbolic links are not followed."""
    paths = path.rglob('*') if path.is_dir() and not path.is_symlink() else [path]
    return sum(each.lstat().st_size for each in paths if not each.is_dir() or each.is_symlink())


def digest(*facts: object) -> str:
    """A hash of the facts (of their repr), 16 hex digits, for the name of a file that depends on them."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """Path of the file `name` in the cache. If it is missing, `make` is called to write it to a given path.

    The file gets its name when it is complete. Of several processes, one makes it and the others wait.
    Raises OutputError if the cache cannot be written.
    """
    path = cache_folder() / name
    if path.is_file():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_name(f'.{path.name}.lock').open('w') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # the kernel releases it even if the process is killed
            if not path.is_file():
                part = path.with_name(f'.{os.getpid()}.{path.name}')
                try:
                    make(part)
                    part.replace(path)
                finally:
                    part.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f'cannot write {path}: {error.strerror} (set XDG_CACHE_HOME to use another folder)'
                          ) from error
    return path
