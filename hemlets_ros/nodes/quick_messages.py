"""Lists of points <-> arrays, and fast construction of messages without their generated constructors.

A generated constructor makes a default of every field, also of those that are given, and calls a function for
each; every access calls one, too. Here numbers are written into the slots behind the fields. Of classes that
are not generated as expected (another version of ROS, rosbags) the public way is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

_FLAG = '_check_fields'  # whether setters check what is set
_new = object.__new__


def unfilled(kind: type) -> Any:
    """A message all of whose fields are still to be set: those that are not do not exist."""
    flag = _flag(kind)
    if flag is None:
        return kind()
    message = _new(kind)
    message._check_fields = flag
    return message


def points(kind: type, rows: np.ndarray) -> list[Any]:
    """Messages with the fields x, y, z of (N, 3), or x, y of (N, 2)."""
    names = 'xyz'[:rows.shape[1]]
    if not _has_slots(kind, names):
        return [kind(**dict(zip(names, row, strict=True))) for row in rows.tolist()]
    flag, messages = _flag(kind), []
    add = messages.append
    if rows.shape[1] == 2:
        for x, y in rows.tolist():
            point = _new(kind)
            point._x, point._y, point._check_fields = x, y, flag
            add(point)
    else:
        for x, y, z in rows.tolist():
            point = _new(kind)
            point._x, point._y, point._z, point._check_fields = x, y, z, flag
            add(point)
    return messages


def quaternions(kind: type, rows: np.ndarray) -> list[Any]:
    """Messages with the fields w, x, y, z of (N, 4)."""
    if not _has_slots(kind, 'xyzw'):
        return [kind(w=w, x=x, y=y, z=z) for w, x, y, z in rows.tolist()]
    flag, messages = _flag(kind), []
    for w, x, y, z in rows.tolist():
        turn = _new(kind)
        turn._w, turn._x, turn._y, turn._z, turn._check_fields = w, x, y, z, flag
        messages.append(turn)
    return messages


def rows2d(messages: Sequence[Any]) -> list[tuple[float, float]]:
    """x, y of each."""
    if _all_have_slots(messages, 'xy'):
        return [(each._x, each._y) for each in messages]
    return [(each.x, each.y) for each in messages]


def rows3d(messages: Sequence[Any]) -> list[tuple[float, float, float]]:
    """x, y, z of each."""
    if _all_have_slots(messages, 'xyz'):
        return [(each._x, each._y, each._z) for each in messages]
    return [(each.x, each.y, each.z) for each in messages]


def rows4d(messages: Sequence[Any]) -> list[tuple[float, float, float, float]]:
    """w, x, y, z of each."""
    if _all_have_slots(messages, 'xyzw'):
        return [(each._w, each._x, each._y, each._z) for each in messages]
    return [(each.w, each.x, each.y, each.z) for each in messages]


def _all_have_slots(messages: Sequence[Any], names: str) -> bool:
    kinds = set(map(type, messages))
    return len(kinds) == 1 and _has_slots(kinds.pop(), names)


@cache
def _has_slots(kind: type, names: str) -> bool:
    return list(getattr(kind, '__slots__', ())) == [*(f'_{name}' for name in names), _FLAG]


@cache
def _flag(kind: type) -> bool | None:
    """As the constructor sets it; None: the class has none, and is not as expected."""
    return getattr(kind(), _FLAG) if _FLAG in getattr(kind, '__slots__', ()) else None
