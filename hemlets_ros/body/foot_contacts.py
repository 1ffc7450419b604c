"""Foot contacts with the ground, from the motion of the ankles."""

from __future__ import annotations

import numpy as np

from hemlets_ros.skeleton import INDEX

ANKLES = (INDEX['l_ankle'], INDEX['r_ankle'])
#: Hysteresis, mm/s: contact starts below the first speed of the ankle and ends above the second.
_SLOW_MM_S, _FAST_MM_S = 500.0, 1000.0
#: Time over which the speed is computed. Over a shorter time, noise of the joints would appear as speed.
_SPAN_S = 0.2
#: A foot that is higher than this above its usual height in contact is not in contact, mm.
_RAISED_MM = 120.0
_SHORTEST_S = 0.1


def foot_contacts(joints_mm: np.ndarray, stamps_s: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Whether the left and the right foot stand on the ground, (n, 2) bool.

    Args:
        joints_mm: (n, 18, 3).
        stamps_s: (n,) increasing.
        up: (3,) unit.
    """
    contacts = np.zeros((len(joints_mm), 2), bool)
    if len(joints_mm) < 3:
        return contacts
    for foot, ankle in enumerate(ANKLES):
        speed = _speeds(joints_mm[:, ankle], stamps_s)
        height = joints_mm[:, ankle] @ up
        still = _with_hysteresis(speed)
        if still.any():
            still &= height < np.median(height[still]) + _RAISED_MM
        for start, end in phases(still):
            contacts[start:end, foot] = stamps_s[end - 1] - stamps_s[start] >= _SHORTEST_S
    return contacts


def phases(on: np.ndarray) -> list[tuple[int, int]]:
    """Start and end (exclusive) of each run of True in (n,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], on, [False]]).astype(int)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _speeds(positions: np.ndarray, stamps_s: np.ndarray) -> np.ndarray:
    """(n,) mean speed over _SPAN_S around each frame."""
    starts_s = np.maximum(stamps_s - _SPAN_S / 2, stamps_s[0])
    ends_s = np.minimum(stamps_s + _SPAN_S / 2, stamps_s[-1])
    before, after = (np.stack([np.interp(times_s, stamps_s, axis) for axis in positions.T], axis=1)
                     for times_s in (starts_s, ends_s))
    result: np.ndarray = np.linalg.norm(after - before, axis=1) / np.maximum(ends_s - starts_s, 1e-6)
    return result


def _with_hysteresis(speed: np.ndarray) -> np.ndarray:
    still = np.zeros(len(speed), bool)
    for start, end in phases(speed < _FAST_MM_S):
        slow = np.flatnonzero(speed[start:end] < _SLOW_MM_S)
        if len(slow):
            still[start + slow[0]:start + slow[-1] + 1] = True
    return still
