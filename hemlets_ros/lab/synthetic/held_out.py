"""Avatars, motion clips and panoramas held out from training, listed in held_out.json."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from hemlets_ros.errors import SourceError

_FILE = Path(__file__).with_name('held_out.json')


@cache
def held_out_names(kind: str) -> frozenset[str]:
    """The names of a kind (avatars, motions or panoramas) that are for tests of what was learnt."""
    return frozenset(json.loads(_FILE.read_text(encoding='utf-8'))[kind])


def allowed(kind: str, names: Iterable[str], held_out: bool) -> list[str]:
    """Of `names` those that may be used: only the held-out ones, or all others.

    Raises SourceError where none is left.
    """
    chosen = [name for name in names if (name in held_out_names(kind)) == held_out]
    if not chosen:
        raise SourceError(f'of these {kind} {"none is" if held_out else "all are"} held out '
                          f'(hemlets_ros/lab/synthetic/{_FILE.name})')
    return chosen
