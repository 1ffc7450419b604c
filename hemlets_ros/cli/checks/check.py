"""Result of one check of `hemlets doctor`."""

from __future__ import annotations

from dataclasses import dataclass

#: Works; missing, but optional; must be fixed.
OK, OPTIONAL, FAULT = 'ok', 'optional', 'fault'


@dataclass(frozen=True)
class Check:
    """One line of the report."""

    name: str
    state: str  # OK, OPTIONAL or FAULT
    found: str
    mend: str = ''  # the command that fixes it; empty if there is nothing to fix
