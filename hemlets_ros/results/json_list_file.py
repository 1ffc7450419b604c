"""A JSON document with one list that is appended to; valid on disk after every item, also after a crash."""

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
    """The document of such a file; of one that a kill has cut amid an item, without that item.

    A kill ends a write between two pages of memory. Raises OSError, ValueError.
    """
    return _whole(read_text(path))[0]


def finish_json_list(path: str | Path) -> None:
    """Makes valid JSON of a file that `read_json_list` can read. Raises OSError, ValueError, OutputError."""
    text = read_text(path)
    _, whole = _whole(text)
    if whole != text:
        write_text(path, whole)


def _whole(text: str) -> tuple[Any, str]:
    """The document, and its text, complete. Raises ValueError."""
    before = text.rpartition('\n')[0] or text
    for ended in (text, f'{text.rstrip().removesuffix(",")}]}}\n', f'{text}}}\n'):
        with suppress(ValueError):
            return parse_json(ended), ended
    ended = f'{before.removesuffix(",")}]}}\n'
    return parse_json(ended), ended


class JsonListFile:
    """Writes {**head, list_name: [item, ...]}; closed or not, the file is valid JSON.

    Raises OutputError when it is made, if the path cannot be written or another process writes it, and where
    a head or an item cannot be written (a full disk): the file then is as before. Raises ValueError for NaN
    and infinities.
    """

    _TAIL = b']}\n'

    def __init__(self, path: str | Path, list_name: str) -> None:
        self.path = Path(path)
        self._list_name = list_name
        self._empty = True
        self._tail_at = 0  # where the next item goes
        self._claim, self._sync = OutputClaim(path), DiskSync()
        try:
            # Without a buffer: what could not be written must not come later.
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
        """Adds one item, anything that `json` can write."""
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
        """Everything from `start` on becomes the content and the tail, or stays as it is."""
        size = os.fstat(self._file.fileno()).st_size
        before = os.pread(self._file.fileno(), size - start, start)
        try:
            self._write(start, content + self._TAIL)
            self._file.truncate(start + len(content) + len(self._TAIL))
            self._sync(self._file.fileno())
        except OSError as error:
            self._write(start, before)  # on blocks that the file has
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
