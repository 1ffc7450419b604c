"""Detects stamps that go back in time."""

from __future__ import annotations

#: Stamps that go back by less are out of order or jitter, as of drivers that estimate them.
JITTER_S = 0.1


class TimeJumpDetector:
    """Notices when time jumps back: another scene, or a bag that plays in a loop starts again."""

    def __init__(self) -> None:
        self._latest_s: float | None = None

    def went_back(self, stamp_s: float | None) -> bool:
        """Whether this stamp is earlier than those before by more than jitter; None: no stamp."""
        latest_s = self._latest_s
        if latest_s is None or stamp_s is None or stamp_s < latest_s - JITTER_S:
            self._latest_s = stamp_s
            return latest_s is not None and stamp_s is not None
        self._latest_s = max(latest_s, stamp_s)
        return False
