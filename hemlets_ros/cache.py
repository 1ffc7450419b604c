"""What is made once on a machine and kept: exported networks, which runtime is fastest."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from hemlets_ros.errors import OutputError


def cache_folder() -> Path:
    """Ours in $XDG_CACHE_HOME, or in ~/.cache."""
    given = Path(os.environ.get('XDG_CACHE_HOME', ''))
    return (given if given.is_absolute() else Path.home() / '.cache') / 'hemlets_ros'


def digest(*facts: object) -> str:
    """A name for a file that depends on these facts."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """The file `name` of the cache; where it is missing, `make` writes it to the path it is given.

    It appears under its name only when it is whole. Of several processes one makes it, the others wait.
    Raises OutputError where the cache cannot be written.
    """
    path = cache_folder() / name
    if path.is_file():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_name(f'.{path.name}.lock').open('w') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # given back by the kernel, however a process ends
            if not path.is_file():
                part = path.with_name(f'.{os.getpid()}.{path.name}')
                try:
                    make(part)
                    part.replace(path)
                finally:
                    part.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f'cannot write {path}: {error.strerror} (XDG_CACHE_HOME names another folder)'
                          ) from error
    return path
