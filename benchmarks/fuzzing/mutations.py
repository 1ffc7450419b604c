"""Random damage to bytes, texts, JSON-like values and ROS messages, by a given `random.Random`."""

from __future__ import annotations

import copy
import json
import math
import random
import struct
from typing import Any

_WHOLE = (0, 1, -1, 2, 127, 128, 255, 256, 32767, 65535, 2 ** 31 - 1, -2 ** 31, 2 ** 32 - 1, 2 ** 40,
          2 ** 63 - 1, -2 ** 63, 2 ** 64 - 1, 10 ** 12)
_REAL = (math.nan, math.inf, -math.inf, 1e300, -1e300, 1e-300, 0.0, -0.0, -1.0, 0.5, 1e9)
_WORDS = (b'nan', b'-1', b'0', b'1e999', b'99999999999999999999', b'null', b'[]', b'{}', b'""', b'true',
          b'*a', b'&a', b'!!python/object/apply:os.system', b'\xff\xfe', b'\0', b'\xed\xa0\x80')
_TEXTS = ('', 'x' * 70000, '\0', '\udc80', 'nan', '../../etc/passwd', '\u202e', '\U0001f600', '/')
_MOST_BYTES = 3_000_000  # limit of the size, which grows by copying parts
_MOST_ITEMS = 3 * 10 ** 5  # limit of nested items, because rclpy needs much time and memory for more
_BYTES_OF_AN_ITEM = 50  # bytes that count as one item, because arrays of numbers are fast


def damaged_bytes(data: bytes, rng: random.Random) -> bytes:
    """Changes, removes, duplicates or inserts some bytes, or truncates the end."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 8, 32))):
        at = rng.randrange(len(changed)) if changed else 0
        length = min(rng.choice((1, 2, 4, 8, 16, 64, 1024)), len(changed) - at)
        kind = rng.randrange(9)
        if kind == 0 and changed:
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == 1 and changed:
            changed[at] = rng.choice((0, 1, 127, 128, 255))
        elif kind in (2, 3):  # changes a number, such as a size, offset or count
            layout = rng.choice('<>') + rng.choice('HIQ')
            size = struct.calcsize(layout)
            packed = struct.pack(layout, rng.choice(_WHOLE) % 2 ** (8 * size))
            changed[at:at + size] = packed[:len(changed) - at]
        elif kind == 4:
            del changed[at:at + length]
        elif kind == 5 and len(changed) < _MOST_BYTES:
            changed[at:at] = changed[at:at + length] * rng.choice((1, 2, 100))
        elif kind == 6:
            changed[at:at] = rng.randbytes(length)
        elif kind == 7 and not rng.randrange(4):
            del changed[at:]
        elif kind == 8:
            other = rng.randrange(len(changed) + 1)
            changed[at:at + length] = changed[other:other + length]
    return bytes(changed)


def damaged_text(data: bytes, rng: random.Random) -> bytes:
    """Exchanges, duplicates, removes or nests lines and words; or damages as `damaged_bytes`."""
    if not rng.randrange(3):
        return damaged_bytes(data, rng)
    lines = data.split(b'\n')
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(lines))
        kind = rng.randrange(6)
        if kind == 0 and len(lines) > 1:
            del lines[at]
        elif kind == 1:
            lines[at:at] = [lines[at]] * rng.choice((1, 3, 300))
        elif kind == 2:
            lines[at] = rng.choice((b'[', b'{a: ', b'- ', b'(')) * rng.choice((10, 3000, 100_000))
        else:
            words = lines[at].split(b' ')
            place = rng.randrange(len(words))
            words[place] = rng.choice(_WORDS) if kind != 3 else words[place] + rng.choice(_WORDS)
            lines[at] = b' '.join(words)
    return b'\n'.join(lines)


def damaged_value(value: Any, rng: random.Random) -> Any:
    """Exchanges, removes, duplicates or changes the type of an item in a JSON-like value, in place."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        value = _damaged(value, rng)
    return value


def _damaged(value: Any, rng: random.Random) -> Any:
    if isinstance(value, (dict, list)) and value and rng.randrange(12):
        key = rng.choice(list(value) if isinstance(value, dict) else range(len(value)))
        kind = rng.randrange(12)
        if kind == 0:
            del value[key]
        elif kind == 1 and isinstance(value, list):
            value[key:key] = [value[key]] * rng.choice((1, 2, 50))
        elif kind == 1:
            value[str(key) + 'x'] = value.pop(key)
        else:
            value[key] = _damaged(value[key], rng)
        return value
    return rng.choice((None, True, [], {}, [value], {'a': value}, '', str(value), 'nan', *_TEXTS,
                       *_WHOLE, *_REAL, [[]], [None] * 3, 10 ** 400))


def damaged_json(data: bytes, rng: random.Random) -> bytes:
    """Damages JSON as a value or as a text."""
    if not rng.randrange(4):
        return damaged_text(data, rng)
    return json.dumps(damaged_value(json.loads(data), rng)).encode('utf-8', 'surrogatepass')


def damaged_message(message: Any, rng: random.Random) -> Any:
    """A copy of a ROS message of rclpy with some changed fields, within the limits of DDS."""
    for _ in range(10):
        changed = _as_received(message)  # a copy; deepcopy takes ten times as long
        try:
            for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
                _damage_field(changed, rng)
            return _as_received(changed)
        except (OverflowError, TypeError, ValueError, SystemError, AssertionError, AttributeError,
                RuntimeError):
            continue  # invalid in a message, or refused by the middleware (a bounded sequence)
    return message


def _as_received(message: Any) -> Any:
    if not type(message).__module__.endswith('_msgs.msg') and '.msg._' not in type(message).__module__:
        return copy.deepcopy(message)  # a placeholder
    from rclpy.serialization import deserialize_message, serialize_message

    return deserialize_message(serialize_message(message), type(message))


def _damage_field(message: Any, rng: random.Random) -> None:
    name, kind = rng.choice(list(message.get_fields_and_field_types().items()))
    value = getattr(message, name)
    if hasattr(value, 'get_fields_and_field_types'):
        _damage_field(value, rng)
        return
    setattr(message, name, _damaged_field(value, kind, rng))


def _count(value: Any) -> int:
    """Cost of making a value: number of messages and list items, recursively."""
    if hasattr(value, 'get_fields_and_field_types'):
        return 1 + sum(_count(getattr(value, name)) for name in value.get_fields_and_field_types())
    if isinstance(value, list):
        return 1 + sum(map(_count, value))
    return 1 + len(value) // _BYTES_OF_AN_ITEM if hasattr(value, '__len__') else 1


def _damaged_field(value: Any, kind: str, rng: random.Random) -> Any:
    if '[' in kind or kind.startswith('sequence'):
        items = list(value)
        fixed = not kind.startswith('sequence')
        if items and (fixed or rng.randrange(2)):
            at = rng.randrange(len(items))
            if hasattr(items[at], 'get_fields_and_field_types'):
                items[at] = copy.deepcopy(items[at])
                _damage_field(items[at], rng)
            else:
                of_item = kind.replace('sequence<', '').split('[')[0].strip('>')
                items[at] = _damaged_field(items[at], of_item, rng)
            return items
        at = rng.randrange(len(items) + 1)
        most = max(_MOST_ITEMS // _count(items[:1]), 1)
        grown = items * min(rng.choice((2, 40)), max(most // (len(items) or 1), 1))
        return rng.choice((items[:at], items[at:], items + items[:at], [], grown,
                           items[:1] * min(rng.choice((3, 17, 3000)), most)))
    if kind == 'string':
        return rng.choice((*_TEXTS, value[:-1], value + 'x'))
    if kind == 'boolean':
        return not value
    if kind in ('double', 'float'):
        return float(rng.choice((*_REAL, -value, value * 1e6)))
    return rng.choice((*_WHOLE, int(value) + 1, int(value) - 1))
