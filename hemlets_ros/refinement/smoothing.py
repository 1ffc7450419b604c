"""One-Euro filter (Casiez et al., CHI 2012) for skeletons: smooth at rest, little delay in motion."""

from __future__ import annotations

import numpy as np

_DERIVATIVE_CUTOFF_HZ = 1.0  # as in the paper
_NOMINAL_STEP_S = 1 / 30


class OneEuro:
    """Filters an array of fixed shape over time, element by element."""

    def __init__(self, min_cutoff_hz: float, beta: float) -> None:
        self._min_cutoff_hz, self._beta = min_cutoff_hz, beta
        self._value: np.ndarray | None = None
        self._speed: np.ndarray
        self._stamp_s: float

    def __call__(self, value: np.ndarray, stamp_s: float) -> np.ndarray:
        if self._value is None:
            self._speed = np.zeros_like(value)
        else:
            # If stamps do not advance (some drivers do not set them), a nominal rate is assumed.
            step_s = stamp_s - self._stamp_s if stamp_s > self._stamp_s else _NOMINAL_STEP_S
            speed = (value - self._value) / step_s
            self._speed = self._speed + _weight(_DERIVATIVE_CUTOFF_HZ, step_s) * (speed - self._speed)
            cutoff_hz = self._min_cutoff_hz + self._beta * np.abs(self._speed)
            value = self._value + _weight(cutoff_hz, step_s) * (value - self._value)
        self._value, self._stamp_s = value, stamp_s
        return value


class SkeletonSmoother:
    """One filter per person. A person who was not seen for `memory_s` is forgotten."""

    def __init__(self, min_cutoff_hz: float, beta: float, memory_s: float = 1.0) -> None:
        self._parameters = (min_cutoff_hz, beta)
        self._memory_s = memory_s
        self._filters: dict[int, tuple[OneEuro, float]] = {}

    def __call__(self, person_id: int | None, joints_mm: np.ndarray, stamp_s: float) -> np.ndarray:
        """Smooths the joints (18, 3) of a person, mm, camera frame; None: not tracked, unchanged."""
        if person_id is None:
            return joints_mm
        self._filters = {key: (each, seen_s) for key, (each, seen_s) in self._filters.items()
                         if stamp_s - seen_s <= self._memory_s}
        one_euro, _ = self._filters.get(person_id) or (OneEuro(*self._parameters), stamp_s)
        self._filters[person_id] = (one_euro, stamp_s)
        # Root and root-relative pose are filtered separately: the root's depth has much more noise.
        root, pose = joints_mm[:1], joints_mm - joints_mm[:1]
        metres = one_euro(np.concatenate([root, pose]) / 1000, stamp_s)
        smoothed: np.ndarray = (metres[1:] + metres[:1]) * 1000
        return smoothed


def _weight(cutoff_hz: float | np.ndarray, step_s: float) -> float | np.ndarray:
    return 1 / (1 + 1 / (2 * np.pi * cutoff_hz * step_s))
