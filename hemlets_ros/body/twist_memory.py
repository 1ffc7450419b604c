"""Twist of limbs over time: measured in frames with a bent limb, kept while the limb is straight."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

#: Time constant with which a twist decays to that of the rest pose, s.
_MEMORY_S = 1.0
#: Time constant of the average over neighbouring frames, if all frames are known. Twists are noisier than the
#: directions of limbs.
_SMOOTH_S = 0.05
#: Weight of the rest pose's twist; a frame with a fully bent limb has weight 1.
_REST_WEIGHT = 0.05


class TwistMemory:
    """A weighted running mean of the twists of one person.

    By default it is causal: the mean is over all earlier frames, also those of earlier calls. After `over`,
    the mean is over all frames of a call, earlier and later ones.
    """

    def __init__(self) -> None:
        self._sums: defaultdict[str, complex] = defaultdict(complex)
        self._stamps_s: np.ndarray | None = None
        self._step_s = 1 / 30

    def over(self, stamps_s: np.ndarray) -> TwistMemory:
        """Makes the memory non-causal, for calls with all frames at these stamps (n,); returns it."""
        self._stamps_s = np.asarray(stamps_s, float)
        return self

    def step(self, seconds: float) -> TwistMemory:
        """Sets the time between frames for the next call, also to the last frame before it; returns self."""
        self._step_s = seconds
        return self

    def __call__(self, limb: str, twist_rad: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """The filtered twists (n,) from measured twists (n,) with weights 0..1 (n,)."""
        weighted = weight * np.exp(1j * twist_rad)
        if self._stamps_s is None:
            before = self._sums[limb]
            kept = np.full(len(weighted), np.exp(-self._step_s / _MEMORY_S))
            sums = _running(weighted, kept, before)
            self._sums[limb] = complex(sums[-1]) if len(sums) else before
        else:
            sums = _two_sided(weighted, self._stamps_s, _MEMORY_S)
        # A frame of weight 1 is used as it is; the remembered mean has no influence on it.
        mean = _REST_WEIGHT + sums * np.minimum(1.0, 1.0 / np.maximum(np.abs(sums), 1e-9))
        steady = weighted + (1 - weight) * mean
        if self._stamps_s is not None:
            steady = _two_sided(steady, self._stamps_s, _SMOOTH_S)
        return np.asarray(np.angle(steady))


def _two_sided(weighted: np.ndarray, stamps_s: np.ndarray, memory_s: float) -> np.ndarray:
    """(n,) sums over all frames, earlier and later, with weights that decay exponentially over time."""
    kept = np.exp(-np.diff(stamps_s) / memory_s)
    past = _running(weighted, np.concatenate([[1.0], kept]), 0j)
    future = _running(weighted[::-1], np.concatenate([[1.0], kept[::-1]]), 0j)[::-1]
    result: np.ndarray = past + future - weighted
    return result


def _running(weighted: np.ndarray, kept: np.ndarray, start: complex) -> np.ndarray:
    """s[i] = kept[i] * s[i - 1] + weighted[i]."""
    sums = np.empty(len(weighted), complex)
    last = start
    for index, (value, share) in enumerate(zip(weighted.tolist(), kept.tolist(), strict=True)):
        last = share * last + value
        sums[index] = last
    return sums
