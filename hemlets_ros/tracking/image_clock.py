"""Converts stamps to steps from image to image, the time unit of a tracker that was tuned for videos."""

from __future__ import annotations

import statistics
from collections import deque
from dataclasses import dataclass

NOMINAL_RATE_HZ = 30.0
_KEPT = 9  # number of intervals whose median is the typical interval
_MIN_STEPS, _MAX_STEPS = 0.2, 5.0  # between two images
_GAP = 3.0  # intervals longer than this many typical intervals are gaps


@dataclass(frozen=True)
class Step:
    """Time from the last image to this one."""

    steps: float  # in typical intervals
    typical_s: float  # typical interval between two images
    gap_s: float  # duration of a gap; 0: no gap


class ImageClock:
    """Converts stamps to steps. In a stream of constant rate each step is 1, whatever the rate.

    The tracker's noise is tuned in steps. In seconds, each interval of a 5 Hz stream would count like a gap
    of several images at 30 Hz. If stamps do not advance (some drivers do not set them), 30 Hz is assumed.
    """

    def __init__(self) -> None:
        self._last_s: float | None = None
        self._intervals_s: deque[float] = deque(maxlen=_KEPT)

    def step(self, stamp_s: float | None) -> Step:
        """The step to the image with this stamp; None: unknown."""
        last_s, self._last_s = self._last_s, stamp_s
        if last_s is None or stamp_s is None or not stamp_s > last_s:
            return Step(1.0, self._typical_s(), 0.0)
        interval_s = stamp_s - last_s
        usual_s = self._typical_s() if self._intervals_s else interval_s
        gap_s = interval_s if interval_s > _GAP * usual_s else 0.0
        self._intervals_s.append(interval_s)
        typical_s = self._typical_s()
        return Step(min(max(interval_s / typical_s, _MIN_STEPS), _MAX_STEPS), typical_s, gap_s)

    def _typical_s(self) -> float:
        return statistics.median(self._intervals_s) if self._intervals_s else 1 / NOMINAL_RATE_HZ
