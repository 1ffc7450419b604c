"""Twists of limbs over time: taken from bent frames, kept through frames in which the limb is straight."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

#: How fast a twist is forgotten in favour of the rest's, s.
_MEMORY_S = 1.0
#: Twists of neighbouring frames, where all are known, are averaged: they are noisier than limbs' directions.
_SMOOTH_S = 0.05
#: What the rest's twist counts against a frame that tells all.
_REST = 0.05


class TwistMemory:
    """A running mean of twists, weighted by how much each frame tells; one for each person.

    Fresh, it goes forward only: each frame sees those before it, across calls. `over` makes one that sees all
    frames of one call, those after as well.
    """

    def __init__(self) -> None:
        self._sums: defaultdict[str, complex] = defaultdict(complex)
        self._stamps_s: np.ndarray | None = None
        self._step_s = 1 / 30

    def over(self, stamps_s: np.ndarray) -> TwistMemory:
        """This memory, for calls with all frames of these times (n,)."""
        self._stamps_s = np.asarray(stamps_s, float)
        return self

    def step(self, seconds: float) -> TwistMemory:
        """This memory, for a next call whose frames are so far apart, and as far from those before."""
        self._step_s = seconds
        return self

    def __call__(self, limb: str, twist_rad: np.ndarray, telling: np.ndarray) -> np.ndarray:
        """The steady twists (n,) of measured ones (n,), each worth 0..1 (n,)."""
        told = telling * np.exp(1j * twist_rad)
        if self._stamps_s is None:
            before = self._sums[limb]
            kept = np.full(len(told), np.exp(-self._step_s / _MEMORY_S))
            sums = _running(told, kept, before)
            self._sums[limb] = complex(sums[-1]) if len(sums) else before
        else:
            sums = _both_ways(told, self._stamps_s, _MEMORY_S)
        # A frame that tells all is taken as it is, however much is remembered.
        mean = _REST + sums * np.minimum(1.0, 1.0 / np.maximum(np.abs(sums), 1e-9))
        steady = told + (1 - telling) * mean
        if self._stamps_s is not None:
            steady = _both_ways(steady, self._stamps_s, _SMOOTH_S)
        return np.asarray(np.angle(steady))


def _both_ways(told: np.ndarray, stamps_s: np.ndarray, memory_s: float) -> np.ndarray:
    """The sum over all frames, each the less the farther it is away."""
    kept = np.exp(-np.diff(stamps_s) / memory_s)
    past = _running(told, np.concatenate([[1.0], kept]), 0j)
    future = _running(told[::-1], np.concatenate([[1.0], kept[::-1]]), 0j)[::-1]
    result: np.ndarray = past + future - told
    return result


def _running(told: np.ndarray, kept: np.ndarray, start: complex) -> np.ndarray:
    """s[i] = kept[i] * s[i - 1] + told[i]."""
    sums = np.empty(len(told), complex)
    last = start
    for index, (value, share) in enumerate(zip(told.tolist(), kept.tolist(), strict=True)):
        last = share * last + value
        sums[index] = last
    return sums
