"""Parsers of external inputs: valid inputs, how to damage them, and the function that reads them.

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
    """A kind of input.

    Args:
        seeds: writes valid inputs into a folder, or returns valid messages.
        read: reads a file or a message.
        damage: damages bytes or a message.
    """

    seeds: Callable[[Path], list[Any]]
    read: Callable[[Any], Any]
    damage: Callable[[Any, random.Random], Any] = damaged_bytes


def parsers_of(module: str) -> dict[str, Parser]:
    """The parsers of a module in this folder, by name. Imported on demand, as modules have many libraries."""
    parsers: dict[str, Parser] = importlib.import_module(f'fuzzing.{module}').PARSERS
    return parsers
