"""Resamples joints to an even frame rate, as motion files require."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hemlets_ros.errors import InputError

#: Resampled frames farther from a recorded frame than this are marked as not seen.
_GAP_S = 0.1
#: Upper limits of the number of frames; more means wrong stamps. The first is nine hours at 30 Hz. For short
#: recordings the limit is _MOST_UNSEEN plus _MOST_TIMES the number of recorded frames.
_MOST_FRAMES, _MOST_UNSEEN, _MOST_TIMES = 1_000_000, 10_000, 100
_FASTEST_HZ = 1000.0


@dataclass(frozen=True)
class EvenFrames:
    """Joints at a constant frame rate."""

    joints_mm: np.ndarray  # (n, 18, 3)
    stamps_s: np.ndarray  # (n,)
    seen: np.ndarray  # (n,) bool: a recorded frame is within _GAP_S


def usual_rate_hz(stamps_s: np.ndarray) -> float:
    """The frame rate, from the median difference of the stamps.

    Raises InputError for a single frame, and for a rate that no camera reaches.
    """
    steps = np.diff(stamps_s)
    steps = steps[steps > 0]
    if not len(steps):
        raise InputError('motion needs at least two frames at different times')
    rate_hz = float(1 / np.median(steps))
    if rate_hz > _FASTEST_HZ:
        raise InputError(f'the frames are {1 / rate_hz:.3g} s apart: are their stamps right? Give --rate-hz')
    return rate_hz


def even_frames(joints_mm: np.ndarray, stamps_s: np.ndarray, rate_hz: float) -> EvenFrames:
    """Resamples joints (m, 18, 3) at increasing stamps (m,) to a constant rate, by linear interpolation.

    Raises InputError for stamps that are too far apart.
    """
    most = min(_MOST_FRAMES, _MOST_UNSEEN + _MOST_TIMES * len(stamps_s))
    if not (stamps_s[-1] - stamps_s[0]) * rate_hz < most:
        raise InputError(f'from {stamps_s[0]:.6g} to {stamps_s[-1]:.6g} s, at {rate_hz:g} Hz, are more than '
                         f'{most} frames, and {len(stamps_s)} are known: are the stamps right?')
    count = int(np.floor((stamps_s[-1] - stamps_s[0]) * rate_hz + 1e-3)) + 1
    times_s = stamps_s[0] + np.arange(count) / rate_hz
    flat = joints_mm.reshape(len(joints_mm), -1)
    moved = np.stack([np.interp(times_s, stamps_s, column) for column in flat.T], axis=1)
    after = np.searchsorted(stamps_s, times_s - 1e-6).clip(0, len(stamps_s) - 1)
    before = np.maximum(after - 1, 0)
    nearest_s = np.minimum(np.abs(stamps_s[after] - times_s), np.abs(times_s - stamps_s[before]))
    return EvenFrames(moved.reshape(count, *joints_mm.shape[1:]), times_s, nearest_s < _GAP_S + 1e-6)
