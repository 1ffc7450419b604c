"""Fast conversion of arrays from and to lists of points, without the generated message constructors.

A generated constructor makes a default of every field, even of given ones, and calls a setter for each; each
access calls a getter. This module writes numbers directly into the slots of the fields, for all people of a
message at once. For classes with another structure (another version of ROS, or rosbags) it uses the public
interface.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain, repeat
from typing import Any

import numpy as np

_FLAG = '_check_fields'  # slot that says whether setters check values
_new = object.__new__


def unfilled(kind: type) -> Any:
    """A message without values. All its fields must be set, as unset ones do not exist."""
    flag = _flag(kind)
    if flag is None:
        return kind()
    message = _new(kind)
    message._check_fields = flag
    return message


def messages(kind: type, names: str, rows: np.ndarray) -> list[Any]:
    """Messages from rows (N, len(names)); names: the fields, one letter each: xy, xyz or wxyz."""
    columns = rows.T.tolist()
    if not _has_slots(kind, names):
        return [kind(**dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]
    flag, made = _flag(kind), list(map(_new, repeat(kind, len(rows))))
    if names == 'xy':
        for each, x, y in zip(made, *columns, strict=True):
            each._x, each._y, each._check_fields = x, y, flag
    elif names == 'xyz':
        for each, x, y, z in zip(made, *columns, strict=True):
            each._x, each._y, each._z, each._check_fields = x, y, z, flag
    else:
        for each, w, x, y, z in zip(made, *columns, strict=True):
            each._w, each._x, each._y, each._z, each._check_fields = w, x, y, z, flag
    return made


def message_lists(kind: type, names: str, tables: Sequence[np.ndarray]) -> list[list[Any]]:
    """As `messages`, with a list for each table."""
    return split(messages(kind, names, joined(tables).reshape(-1, len(names))), tables)


def rows(names: str, lists: Iterable[Sequence[Any]]) -> np.ndarray:
    """Fields of all messages of all lists, (N, len(names)); names: xy, xyz or wxyz."""
    given = list(chain.from_iterable(lists))
    kinds = set(map(type, given))
    if len(kinds) != 1 or not _has_slots(kinds.pop(), names):
        return np.array([[getattr(each, name) for name in names] for each in given],
                        float).reshape(-1, len(names))
    columns = [[each._x for each in given], [each._y for each in given]]
    if names != 'xy':
        columns.append([each._z for each in given])
    if names == 'wxyz':
        columns.insert(0, [each._w for each in given])
    numbers = np.fromiter(chain(*columns), float, len(names) * len(given))
    return np.ascontiguousarray(numbers.reshape(len(names), -1).T)


def joined(tables: Sequence[Any]) -> np.ndarray:
    """Concatenates tables or lists of numbers as floats; (0,) without any."""
    if len(tables) == 1:
        return np.array(tables[0], float)
    return np.concatenate(tables, dtype=float) if tables else np.empty(0)


def split(values: Any, like: Iterable[Sequence[Any]]) -> list[Any]:
    """Splits a list or an array into parts with the lengths of the items of `like`."""
    parts, end = [], 0
    for each in like:
        start, end = end, end + len(each)
        parts.append(values[start:end])
    return parts


@cache
def _has_slots(kind: type, names: str) -> bool:
    return sorted(getattr(kind, '__slots__', ())) == sorted([*(f'_{name}' for name in names), _FLAG])


@cache
def _flag(kind: type) -> bool | None:
    """The constructor's value of the flag; None: the class does not have it, so it is not as expected."""
    return getattr(kind(), _FLAG) if _FLAG in getattr(kind, '__slots__', ()) else None
