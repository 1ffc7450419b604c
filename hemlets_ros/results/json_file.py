"""A JSON document with one growing list, whole on disk after every item: a crash loses nothing."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Any

from hemlets_ros.errors import OutputError


class GrowingJson:
    """Writes {**head, list_name: [item, ...]}; closed or not, the file is valid JSON.

    Raises OutputError at once where the path cannot be written.
    """

    _TAIL = ']}\n'

    def __init__(self, path: str | Path, list_name: str) -> None:
        self.path = Path(path)
        self._list_name = list_name
        self._empty = True
        try:
            self._file = self.path.open('w', encoding='utf-8')
        except OSError as error:
            raise OutputError(f'cannot write {path}: {error.strerror or error}') from error
        self.start({})

    def start(self, head: dict[str, Any]) -> None:
        """Writes the head anew; only before the first item."""
        if not self._empty:
            raise ValueError('the head stands before the first item')
        text = json.dumps(head, allow_nan=False)[:-1]
        self._file.seek(0)
        self._file.truncate()
        self._file.write(f'{text}{", " if head else ""}{json.dumps(self._list_name)}: [')
        self._finish()

    def append(self, item: Any) -> None:
        """Adds one item."""
        self._file.seek(self._tail_at)
        self._file.write(('\n' if self._empty else ',\n') + json.dumps(item, allow_nan=False))
        self._empty = False
        self._finish()

    def close(self) -> None:
        self._file.close()

    def _finish(self) -> None:
        self._tail_at = self._file.tell()
        self._file.write(self._TAIL)
        self._file.flush()

    def __enter__(self) -> GrowingJson:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()
