"""What can still be read of a .db3 file that was cut off, as a whole new one (https://sqlite.org/fileformat.html)."""

from __future__ import annotations

import shutil
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

_MAGIC = b'SQLite format 3\x00'
_PAGE_SIZE_AT, _PAGE_COUNT_AT = 16, 28


def is_cut(path: Path) -> bool:
    """Whether a .db3 file begins as one and has fewer pages than it says."""
    page_size, pages = _pages(path)
    return path.stat().st_size < page_size * pages


def salvage(path: Path, folder: Path) -> tuple[Path, int]:
    """Copies all whole messages of a cut file into a new one in `folder`.

    Returns its path and the number of bytes that the file lacks.
    """
    page_size, pages = _pages(path)
    whole = path.stat().st_size // page_size
    copy, result = folder / f'{path.stem}.cut', folder / path.name
    shutil.copyfile(path, copy)
    with copy.open('r+b') as file:
        # SQLite opens no file that is shorter than it says, and refuses what points beyond one that is not.
        file.truncate(whole * page_size)
        file.seek(_PAGE_COUNT_AT)
        file.write(struct.pack('>I', whole))
    with closing(sqlite3.connect(copy)) as old, closing(sqlite3.connect(result)) as new, new:
        for table, definition in _tables(old):
            new.execute(definition)
            try:
                for row in old.execute(f'SELECT * FROM "{table}" ORDER BY rowid'):
                    new.execute(f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(row))})', row)
            except sqlite3.DatabaseError:  # the first row that is not whole; rows are written in order
                continue
    copy.unlink()
    return result, page_size * pages - path.stat().st_size


def _tables(database: sqlite3.Connection) -> list[tuple[str, str]]:
    try:
        return database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    except sqlite3.DatabaseError:  # cut within its first page
        return []


def _pages(path: Path) -> tuple[int, int]:
    """Size of a page and number of pages, as the file says; 0 of what is no SQLite file."""
    with path.open('rb') as file:
        head = file.read(_PAGE_COUNT_AT + 4)
    if len(head) < _PAGE_COUNT_AT + 4 or not head.startswith(_MAGIC):
        return 1, 0
    size, = struct.unpack_from('>H', head, _PAGE_SIZE_AT)
    count, = struct.unpack_from('>I', head, _PAGE_COUNT_AT)
    return 65536 if size == 1 else size, count
