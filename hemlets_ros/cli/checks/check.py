"""Result of one check of `hemlets doctor`."""

from __future__ import annotations

from dataclasses import dataclass

#: Here and working; absent, and only some uses need it; something that must be mended.
OK, OPTIONAL, FAULT = 'ok', 'optional', 'fault'


@dataclass(frozen=True)
class Check:
    """One line of the report."""

    name: str
    state: str  # OK, OPTIONAL or FAULT
    found: str
    mend: str = ''  # the one command that mends it; empty where there is nothing to mend
