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

    A user without a home has / for one, as where HOME is so: usually no place to write.
    """
    given = Path(os.environ.get('XDG_CACHE_HOME', ''))
    try:
        return (given if given.is_absolute() else Path.home() / '.cache') / 'hemlets_ros'
    except RuntimeError:
        return Path('/.cache/hemlets_ros')


def size_bytes(path: Path) -> int:
    """Of a file, or of all files in a folder; what links point at does not count."""
    paths = path.rglob('*') if path.is_dir() and not path.is_symlink() else [path]
    return sum(each.lstat().st_size for each in paths if not each.is_dir() or each.is_symlink())


def digest(*facts: object) -> str:
    """16 hex digits that name a file which depends on these facts; they are hashed by their repr."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """The file `name` of the cache; where it is missing, `make` writes it to the path that it is given.

    It gets its name only when it is complete. Of several processes, one makes it and the others wait.
    Raises OutputError where the cache cannot be written.
    """
    path = cache_folder() / name
    if path.is_file():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_name(f'.{path.name}.lock').open('w') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # released by the kernel, however a process ends
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
