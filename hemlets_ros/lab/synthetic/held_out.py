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
    """The held-out names of a kind (avatars, motions or panoramas), which are for test data only."""
    return frozenset(json.loads(_FILE.read_text(encoding='utf-8'))[kind])


def allowed(kind: str, names: Iterable[str], held_out: bool) -> list[str]:
    """The usable ones of `names`: only the held-out ones if `held_out`, else only the others.

    Raises SourceError if none is left.
    """
    chosen = [name for name in names if (name in held_out_names(kind)) == held_out]
    if not chosen:
        raise SourceError(f'of these {kind} {"none is" if held_out else "all are"} held out '
                          f'(hemlets_ros/lab/synthetic/{_FILE.name})')
    return chosen
