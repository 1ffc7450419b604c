"""A JSON document with a list to append to. It is valid on disk after every item, even after a crash."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from hemlets_ros.errors import OutputError
from hemlets_ros.system.disk_sync import DiskSync
from hemlets_ros.system.json_text import parse_json
from hemlets_ros.system.output_path import OutputClaim, write_text
from hemlets_ros.system.text_file import read_text


def read_json_list(path: str | Path) -> Any:
    """Reads such a file. If a kill truncated it within an item, that item is left out.

    A kill can end a write between two pages of memory. Raises OSError, ValueError.
    """
    return _whole(read_text(path))[0]


def finish_json_list(path: str | Path) -> None:
    """Repairs a file that `read_json_list` can read. Raises OSError, ValueError, OutputError."""
    text = read_text(path)
    _, whole = _whole(text)
    if whole != text:
        write_text(path, whole)


def _whole(text: str) -> tuple[Any, str]:
    """The document and its completed text. Raises ValueError."""
    before = text.rpartition('\n')[0] or text
    for ended in (text, f'{text.rstrip().removesuffix(",")}]}}\n', f'{text}}}\n'):
        with suppress(ValueError):
            return parse_json(ended), ended
    ended = f'{before.removesuffix(",")}]}}\n'
    return parse_json(ended), ended


class JsonListFile:
    """Writes {**head, list_name: [item, ...]}. The file is valid JSON even before it is closed.

    The constructor raises OutputError if the path cannot be written or another process writes it. Methods
    raise OutputError if a head or an item cannot be written (e.g. the disk is full); the file is then
    unchanged. Raises ValueError for NaN and infinities.
    """

    _TAIL = b']}\n'

    def __init__(self, path: str | Path, list_name: str) -> None:
        self.path = Path(path)
        self._list_name = list_name
        self._empty = True
        self._tail_at = 0  # position of the next item
        self._claim, self._sync = OutputClaim(path), DiskSync()
        try:
            # Unbuffered, so that data of a failed write are not written later.
            self._file = self.path.open('w+b', buffering=0)
        except OSError as error:
            self._claim.release()
            raise OutputError(f'cannot write {path}: {error.strerror or error}') from error
        try:
            self.write_head({})
        except BaseException:
            self.close()
            raise

    def write_head(self, head: dict[str, Any]) -> None:
        """Replaces the head. Raises ValueError after the first item."""
        if not self._empty:
            raise ValueError('the head cannot change after the first item')
        text = json.dumps(head, allow_nan=False)[:-1]
        self._replace(0, f'{text}{", " if head else ""}{json.dumps(self._list_name)}: ['.encode())

    def append(self, item: Any) -> None:
        """Adds an item, any value that `json` can write."""
        text = ('\n' if self._empty else ',\n') + json.dumps(item, allow_nan=False)
        self._replace(self._tail_at, text.encode())
        self._empty = False

    def close(self) -> None:
        """Closes the file."""
        if not self._file.closed:
            DiskSync.finish(self._file.fileno())
        self._file.close()
        self._claim.release()

    def _replace(self, start: int, content: bytes) -> None:
        """Replaces everything from `start` on by the content and the tail; on failure, restores the file."""
        size = os.fstat(self._file.fileno()).st_size
        before = os.pread(self._file.fileno(), size - start, start)
        try:
            self._write(start, content + self._TAIL)
            self._file.truncate(start + len(content) + len(self._TAIL))
            self._sync(self._file.fileno())
        except OSError as error:
            self._write(start, before)  # these blocks are already allocated
            self._file.truncate(start + len(before))
            raise OutputError(f'cannot write {self.path}: {error.strerror or error}') from error
        self._tail_at = start + len(content)
        if not self.path.exists() or not os.path.samestat(os.fstat(self._file.fileno()), self.path.stat()):
            raise OutputError(f'cannot write {self.path}: it was deleted by another process')

    def _write(self, start: int, content: bytes) -> None:
        while content:
            written = os.pwrite(self._file.fileno(), content, start)
            start, content = start + written, content[written:]

    def __enter__(self) -> JsonListFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()
