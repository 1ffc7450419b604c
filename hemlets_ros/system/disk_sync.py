"""Syncs written files to disk once a second; by default the kernel waits half a minute."""

from __future__ import annotations

import os
import time
from contextlib import suppress

_PERIOD_S = 1.0


class DiskSync:
    """Of one open file. Raises OSError where the disk fails."""

    def __init__(self) -> None:
        self._last_s = time.monotonic()

    def __call__(self, descriptor: int) -> None:
        """To be called after each frame: a power cut costs those of the last second."""
        if time.monotonic() - self._last_s >= _PERIOD_S:
            os.fsync(descriptor)
            self._last_s = time.monotonic()

    @staticmethod
    def finish(descriptor: int) -> None:
        """Before the file is closed; what cannot be synced, such as a pipe, is left."""
        with suppress(OSError):
            os.fsync(descriptor)
