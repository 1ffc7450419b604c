"""Checks output paths before anything is opened; the same rules for all commands and nodes."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from hemlets_ros.errors import OutputError

#: Advice for an output that exists; nodes have a parameter `overwrite`.
_HOW = 'add --overwrite (nodes: overwrite:=true) to replace it, or choose another name'
#: What paths raise: names that are too long, or have a null byte; links that lead to themselves.
_UNUSABLE = (OSError, ValueError, RuntimeError)


def check_outputs(outputs: Iterable[str | Path], inputs: Iterable[str | Path] = (),
                  overwrite: bool = False) -> None:
    """Checks that files can be written, without opening them. Empty names are skipped.

    Raises OutputError for an output

    - that is an input, or lies in an input folder (compared by device and inode, not by name),
    - that exists, unless `overwrite`,
    - that is the same file as another output,
    - that exists and is not a regular file, or cannot be written,
    - that is standard output (-),
    - whose folder is missing or cannot be written.
    """
    given = [str(output) for output in outputs if str(output)]
    if '-' in given:
        raise OutputError('cannot write -: outputs are files; `hemlets run --json-lines` prints frames')
    paths = [Path(output) for output in given]
    read = [Path(given) for given in inputs if str(given)]
    for number, path in enumerate(paths):
        try:
            _check_output(path, read, paths[:number], overwrite)
        except _UNUSABLE as error:
            raise OutputError(f'cannot write {path}: {_reason(error)}') from error


def _reason(error: Exception) -> str:
    if isinstance(error, RuntimeError):
        return os.strerror(errno.ELOOP)
    return getattr(error, 'strerror', None) or str(error)


def _check_output(path: Path, inputs: list[Path], others: list[Path], overwrite: bool) -> None:
    real = path.resolve()
    for given in inputs:
        try:
            if not given.exists():
                continue
        except OSError:  # for example a name that is too long; reading the input raises a better error
            continue
        if (real.exists() and real.samefile(given)) or (given.is_dir() and real.exists()
                                                        and given.resolve() in real.parents):
            raise OutputError(f'cannot write {path}: it is the input {given}')
    for other in others:
        if other.resolve() == real or (other.exists() and real.exists() and real.samefile(other)):
            raise OutputError(f'cannot write {path}: another output, {other}, is the same file')
    if path.exists() and not path.is_file():  # by its own name: that of an open pipe leads nowhere
        raise OutputError(f'cannot write {path}: it is ' + (
            'a folder that exists' if path.is_dir() else 'not a regular file'))
    if real.exists():
        if not overwrite:
            raise OutputError(f'cannot write {path}: it exists; {_HOW}')
        if not os.access(real, os.W_OK):
            raise OutputError(f'cannot write {path}: {os.strerror(errno.EACCES)}')
    elif not real.parent.is_dir():
        raise OutputError(f'cannot write {path}: no such folder')
    if not os.access(real.parent, os.W_OK):
        raise OutputError(f'cannot write {path}: its folder may not be written')


def check_output_folder(folder: str | Path, inputs: Iterable[str | Path] = (),
                        overwrite: bool = False) -> None:
    """Checks that files can be written into a folder, without creating it.

    Raises OutputError if it is an input, is not a folder, has files (unless `overwrite`) or cannot be made.
    """
    path = Path(folder)
    try:
        real = path.resolve()
        if any(Path(given).resolve() == real for given in inputs if str(given)):
            raise OutputError(f'cannot write {path}: it is the input {path}')
        if real.exists() and not real.is_dir():
            raise OutputError(f'cannot write {path}: it is not a folder')
        if real.is_dir() and not overwrite and next(real.iterdir(), None) is not None:
            raise OutputError(f'cannot write {path}: the folder has files; {_HOW}')
        if not (real if real.is_dir() else real.parent).is_dir():
            raise OutputError(f'cannot write {path}: no such folder: {path.parent}')
        if not os.access(real if real.is_dir() else real.parent, os.W_OK):
            raise OutputError(f'cannot write {path}: its folder may not be written')
    except _UNUSABLE as error:
        raise OutputError(f'cannot write {path}: {_reason(error)}') from error


def write_text(path: str | Path, text: str) -> None:
    """Writes a small file; it gets its name when it is complete. Raises OutputError if this fails."""
    write_bytes(path, text.encode())


def write_bytes(path: str | Path, data: bytes) -> None:
    """Like `write_text`, for bytes."""
    part = Path(path).resolve().with_name(f'.{Path(path).name}.part')
    try:
        part.write_bytes(data)
        part.replace(Path(path).resolve())
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(f'cannot write {path}: {error.strerror or error}') from error


class OutputClaim:
    """Reserves an output file for this process until `release`, by a lock file in the same folder.

    The kernel releases it even if the process is killed. Raises OutputError if another process holds it.
    """

    def __init__(self, path: str | Path) -> None:
        self._lock_file = _lock_file(Path(path))
        try:
            self._descriptor = self._locked()
        except BlockingIOError as error:
            raise OutputError(f'cannot write {path}: another process is writing it') from error
        except OSError as error:
            raise OutputError(f'cannot write {path}: {error.strerror or error}') from error

    def release(self) -> None:
        """Releases the lock and removes the lock file."""
        if self._descriptor >= 0:
            self._lock_file.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = -1

    def _locked(self) -> int:
        while True:
            descriptor = os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                _lock(descriptor)
                if os.path.samestat(os.fstat(descriptor), self._lock_file.stat()):
                    return descriptor
            except FileNotFoundError:  # removed by the previous holder; try again
                pass
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Raises BlockingIOError if another process holds the lock. File systems without locks are accepted."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP):
            raise


def is_taken(path: str | Path) -> bool:
    """Whether an output exists or is being written."""
    path = Path(path)
    return path.exists() or path.with_name(f'{path.name}.part').exists()  # name of a bag until it is closed


def was_cut_off(path: str | Path) -> bool:
    """Whether the process that wrote this output was killed: its lock file exists, but is not locked."""
    path = Path(path)
    if not is_taken(path) or not _lock_file(path).exists():
        return False
    try:
        with _lock_file(path).open('rb') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def cut_off_in(folder: str | Path) -> list[Path]:
    """Outputs in a folder and its subfolders whose processes were killed."""
    locks = Path(folder).rglob('.*.lock')
    outputs = (lock.with_name(lock.name[1:].removesuffix('.lock')) for lock in locks)
    return sorted(path for path in outputs if was_cut_off(path))


def _lock_file(path: Path) -> Path:
    real = path.resolve()
    return real.with_name(f'.{real.name}.lock')
