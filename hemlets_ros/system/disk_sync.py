"""Syncs files to disk once a second while they are written; the kernel's default is half a minute."""

from __future__ import annotations

import os
import time
from contextlib import suppress

_PERIOD_S = 1.0


class DiskSync:
    """Syncs one open file. Raises OSError if the disk fails."""

    def __init__(self) -> None:
        self._last_s = time.monotonic()

    def __call__(self, descriptor: int) -> None:
        """To be called after each frame. After a power failure only frames of the last second are lost."""
        if time.monotonic() - self._last_s >= _PERIOD_S:
            os.fsync(descriptor)
            self._last_s = time.monotonic()

    @staticmethod
    def finish(descriptor: int) -> None:
        """To be called before the file is closed. Files that cannot be synced, such as pipes, are ignored."""
        with suppress(OSError):
            os.fsync(descriptor)
