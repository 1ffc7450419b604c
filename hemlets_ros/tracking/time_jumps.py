"""Detects stamps that go back in time."""

from __future__ import annotations

#: Stamps that go back by less are treated as jitter or as images out of order.
JITTER_S = 0.1


class TimeJumpDetector:
    """Detects that time has jumped back, as between recordings, or when a bag is played in a loop."""

    def __init__(self) -> None:
        self._latest_s: float | None = None

    def went_back(self, stamp_s: float | None) -> bool:
        """Whether this stamp is before the latest one by more than JITTER_S; None: unknown."""
        latest_s = self._latest_s
        if latest_s is None or stamp_s is None or stamp_s < latest_s - JITTER_S:
            self._latest_s = stamp_s
            return latest_s is not None and stamp_s is not None
        self._latest_s = max(latest_s, stamp_s)
        return False
