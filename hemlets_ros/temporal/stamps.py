"""The order of images' stamps."""

from __future__ import annotations


class Stamps:
    """Notices when time jumps back: what came before is then of another scene, or of a bag's last round."""

    def __init__(self) -> None:
        self._last_s: float | None = None

    def went_back(self, stamp_s: float | None) -> bool:
        """Whether this stamp is before the one before; None is no stamp."""
        last_s, self._last_s = self._last_s, stamp_s
        return last_s is not None and stamp_s is not None and stamp_s < last_s
