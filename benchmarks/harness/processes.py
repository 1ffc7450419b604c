"""Memory and processor time of other processes, from Linux's /proc."""

from __future__ import annotations

import os
from pathlib import Path


def memory_mib(pid: int) -> float:
    """Resident memory (VmRSS)."""
    lines = Path(f'/proc/{pid}/status').read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith('VmRSS'))


def cpu_s_of(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')
