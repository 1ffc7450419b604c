"""Bones of a tracked person keep their lengths: people neither grow nor shrink from image to image."""

from __future__ import annotations

import numpy as np

from hemlets_ros.skeleton import BONES, JOINT_COUNT, MIRROR

#: What a bone's length counts against a joint's place. From 1 to 10 the joints are as near to the truth
#: (benchmarks/multiview.py), and lengths vary by 5 to 2 %.
_WEIGHT = 3.0
_STEPS = 2  # of Gauss-Newton; more change nothing
_ROWS = np.arange(len(BONES))
_MIRRORED = np.array([next(row for row, other in enumerate(BONES) if (other == MIRROR[bone]).all())
                      for bone in BONES])


def mean_lengths_mm(joints_mm: np.ndarray) -> np.ndarray:
    """(17,) lengths of BONES, left and right ones as their mean, of joints (18, 3)."""
    lengths = np.linalg.norm(joints_mm[BONES[:, 0]] - joints_mm[BONES[:, 1]], axis=1)
    return (lengths + lengths[_MIRRORED]) / 2


def with_lengths(joints_mm: np.ndarray, lengths_mm: np.ndarray) -> np.ndarray:
    """The joints (18, 3) near the given ones whose BONES are near those lengths (17,).

    Minimises sum |q - joints|^2 + w sum (|bone(q)| - length)^2 over all joints q.
    """
    moved = np.zeros_like(joints_mm)
    for _ in range(_STEPS):
        bones = (joints_mm + moved)[BONES[:, 0]] - (joints_mm + moved)[BONES[:, 1]]
        norms = np.maximum(np.linalg.norm(bones, axis=1), 1e-6)
        slopes = np.zeros((len(BONES), JOINT_COUNT, 3))  # of each length, by each joint
        slopes[_ROWS, BONES[:, 0]] = bones / norms[:, None]
        slopes[_ROWS, BONES[:, 1]] = -bones / norms[:, None]
        slopes = slopes.reshape(len(BONES), -1)
        excess = norms - lengths_mm - slopes @ moved.ravel()  # linearised, where nothing has moved
        pull = np.linalg.solve(np.eye(len(BONES)) / _WEIGHT + slopes @ slopes.T, excess)
        moved = -(slopes.T @ pull).reshape(joints_mm.shape)
    return joints_mm + moved


class SteadyBones:
    """Holds the bones of each person near their mean lengths so far; forgets who was not seen for a while."""

    def __init__(self, memory_s: float = 1.0) -> None:
        self._memory_s = memory_s
        self._known: dict[int, tuple[np.ndarray, int, float]] = {}  # id -> mean, of how many, last seen

    def __call__(self, person_id: int, joints_mm: np.ndarray, stamp_s: float) -> np.ndarray:
        """The joints (18, 3) of a tracked person, mm, with steady bones."""
        self._known = {key: each for key, each in self._known.items()
                       if stamp_s - each[2] <= self._memory_s}
        lengths = mean_lengths_mm(joints_mm)
        mean, count, _ = self._known.get(person_id, (lengths, 0, stamp_s))
        count += 1
        mean = mean + (lengths - mean) / count
        self._known[person_id] = (mean, count, stamp_s)
        return with_lengths(joints_mm, mean)
