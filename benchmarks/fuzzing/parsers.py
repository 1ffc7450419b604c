"""Who reads what comes from outside: whole inputs, how they are damaged, and the function that reads them.

A parser may return or raise HemletsError; everything else is a fault.
"""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fuzzing.mutations import damaged_bytes

Read = Callable[[Path], Any]


@dataclass(frozen=True)
class Parser:
    """One kind of input.

    Args:
        seeds: writes whole inputs into a folder; or gives whole messages.
        read: reads one file, or one message.
        damage: bytes (or a message) -> others.
    """

    seeds: Callable[[Path], list[Any]]
    read: Callable[[Any], Any]
    damage: Callable[[Any, random.Random], Any] = damaged_bytes


def parsers_of(module: str) -> dict[str, Parser]:
    """Those that a module of this folder lists, by name; imported when needed: each brings its libraries."""
    parsers: dict[str, Parser] = importlib.import_module(f'fuzzing.{module}').PARSERS
    return parsers
