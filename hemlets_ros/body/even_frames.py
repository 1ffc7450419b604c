"""Resamples joints to an even frame rate, as motion files require."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hemlets_ros.errors import InputError

#: Frames that are farther from a seen one than this are marked as not seen.
_GAP_S = 0.1


@dataclass(frozen=True)
class EvenFrames:
    """Joints in frames that follow each other evenly."""

    joints_mm: np.ndarray  # (n, 18, 3)
    stamps_s: np.ndarray  # (n,)
    seen: np.ndarray  # (n,) bool: not bridged between frames that are farther apart


def usual_rate_hz(stamps_s: np.ndarray) -> float:
    """The rate of frames with these stamps, by their median distance. Raises InputError for one frame."""
    steps = np.diff(stamps_s)
    steps = steps[steps > 0]
    if not len(steps):
        raise InputError('motion needs at least two frames at different times')
    return float(1 / np.median(steps))


def even_frames(joints_mm: np.ndarray, stamps_s: np.ndarray, rate_hz: float) -> EvenFrames:
    """Joints (m, 18, 3) at stamps (m,), increasing, moved to even times by straight lines between frames."""
    count = int(np.floor((stamps_s[-1] - stamps_s[0]) * rate_hz + 1e-3)) + 1
    times_s = stamps_s[0] + np.arange(count) / rate_hz
    flat = joints_mm.reshape(len(joints_mm), -1)
    moved = np.stack([np.interp(times_s, stamps_s, column) for column in flat.T], axis=1)
    after = np.searchsorted(stamps_s, times_s - 1e-6).clip(0, len(stamps_s) - 1)
    before = np.maximum(after - 1, 0)
    nearest_s = np.minimum(np.abs(stamps_s[after] - times_s), np.abs(times_s - stamps_s[before]))
    return EvenFrames(moved.reshape(count, *joints_mm.shape[1:]), times_s, nearest_s < _GAP_S + 1e-6)
