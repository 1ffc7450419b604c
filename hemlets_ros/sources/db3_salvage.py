"""Recovers the messages of a truncated or damaged .db3 file into a new one (https://sqlite.org/fileformat.html).

Includes messages that a killed recorder left in the write-ahead log beside the file.
"""

from __future__ import annotations

import shutil
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

_MAGIC = b'SQLite format 3\x00'
_PAGE_SIZE_AT, _PAGE_COUNT_AT = 16, 28
#: Rows are numbered without gaps. If this many in a row are missing, the last row's number is damaged.
_MOST_MISSING = 200_000


def is_truncated(path: Path) -> bool:
    """Whether a file starts as a .db3 file and has fewer pages than its header says."""
    page_size, pages = _pages(path)
    return path.stat().st_size < page_size * pages


def salvage(path: Path, folder: Path) -> tuple[Path, int]:
    """Copies all complete messages of a file into a new one in `folder`.

    Returns the new path and the number of bytes missing at the end of the file.
    """
    page_size, pages = _pages(path)
    whole = min(pages, path.stat().st_size // page_size)
    copy, result = folder / f'{path.stem}.truncated', folder / path.name
    shutil.copyfile(path, copy)
    with copy.open('r+b') as file:
        # SQLite does not open a file that is shorter than its header says.
        file.truncate(whole * page_size)
        file.seek(_PAGE_COUNT_AT)
        file.write(struct.pack('>I', whole))
    with closing(sqlite3.connect(copy)) as old, closing(sqlite3.connect(result)) as new, new:
        for table, definition in _tables(old):
            new.execute(definition)
            for row in _whole_rows(old, table):
                new.execute(f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(row))})', row)
    copy.unlink()
    return result, max(0, page_size * pages - path.stat().st_size)


def has_log(path: Path) -> bool:
    """Whether a write-ahead log has messages that are not yet in the file."""
    log = _log(path)
    return log.is_file() and log.stat().st_size > 0


def with_log(path: Path, folder: Path) -> Path:
    """Copies the file to `folder` and adds the messages of its write-ahead log to the copy."""
    copy = folder / path.name
    shutil.copyfile(path, copy)
    shutil.copyfile(_log(path), _log(copy))
    with closing(sqlite3.connect(copy)) as database:
        database.execute('PRAGMA journal_mode = DELETE')  # moves the log's content into the file
    return copy


def _log(path: Path) -> Path:
    return path.with_name(f'{path.name}-wal')


def _whole_rows(database: sqlite3.Connection, table: str) -> Iterator[tuple[Any, ...]]:
    """All readable rows: by one query up to the first damage, then one by one."""
    done = 0
    try:
        for number, *row in database.execute(f'SELECT rowid, * FROM "{table}" ORDER BY rowid'):
            yield tuple(row)
            done = number
        return
    except sqlite3.DatabaseError:
        pass
    try:
        (last,), = database.execute(f'SELECT max(rowid) FROM "{table}"')
    except sqlite3.DatabaseError:  # the end is missing, as rows are written in order
        return
    for number in range(done + 1, (last or 0) + 1):
        try:
            rows = database.execute(f'SELECT * FROM "{table}" WHERE rowid = ?', (number,)).fetchall()
        except sqlite3.DatabaseError:
            rows = []
        if rows:
            done = number
            yield from rows
        elif number - done > _MOST_MISSING:
            return


def _tables(database: sqlite3.Connection) -> list[tuple[str, str]]:
    try:
        return database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    except sqlite3.DatabaseError:  # truncated within its first page
        return []


def _pages(path: Path) -> tuple[int, int]:
    """Page size in bytes and number of pages from the header; 0 pages if it is not a SQLite file."""
    with path.open('rb') as file:
        head = file.read(_PAGE_COUNT_AT + 4)
    if len(head) < _PAGE_COUNT_AT + 4 or not head.startswith(_MAGIC):
        return 1, 0
    size, = struct.unpack_from('>H', head, _PAGE_SIZE_AT)
    count, = struct.unpack_from('>I', head, _PAGE_COUNT_AT)
    size = 65536 if size == 1 else size
    if size < 512 or size & (size - 1):  # invalid in SQLite
        return 1, 0
    return size, count
