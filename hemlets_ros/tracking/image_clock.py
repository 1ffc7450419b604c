"""Time for a tracker that was tuned for videos: in steps from image to image."""

from __future__ import annotations

import statistics
from collections import deque
from dataclasses import dataclass

NOMINAL_RATE_HZ = 30.0
_KEPT = 9  # intervals, of which the median is the typical one
_SHORTEST, _LONGEST = 0.2, 5.0  # steps between two images
_GAP = 3.0  # typical intervals; a longer one is a gap in the images


@dataclass(frozen=True)
class Step:
    """From the last image to this one."""

    steps: float  # 1: as far as usual
    typical_s: float  # the usual time between two images
    gap_s: float  # how long images were missing; 0: not longer than usual


class ImageClock:
    """Makes steps from stamps: 1 a step in a steady stream, whatever its rate, as without any stamps.

    In seconds, a filter's expectation at 5 Hz would be as bad as after 5 images that are missing at 30 Hz.
    Stamps that stand still, as of drivers that do not fill them in, count as a steady 30 Hz.
    """

    def __init__(self) -> None:
        self._last_s: float | None = None
        self._intervals_s: deque[float] = deque(maxlen=_KEPT)

    def step(self, stamp_s: float | None) -> Step:
        """The step to the image with this stamp; None: it has none."""
        last_s, self._last_s = self._last_s, stamp_s
        if last_s is None or stamp_s is None or not stamp_s > last_s:
            return Step(1.0, self._typical_s(), 0.0)
        interval_s = stamp_s - last_s
        usual_s = self._typical_s() if self._intervals_s else interval_s
        gap_s = interval_s if interval_s > _GAP * usual_s else 0.0
        self._intervals_s.append(interval_s)
        typical_s = self._typical_s()
        return Step(min(max(interval_s / typical_s, _SHORTEST), _LONGEST), typical_s, gap_s)

    def _typical_s(self) -> float:
        return statistics.median(self._intervals_s) if self._intervals_s else 1 / NOMINAL_RATE_HZ
