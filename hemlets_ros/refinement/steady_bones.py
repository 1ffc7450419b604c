"""Keeps the bone lengths of tracked people constant over time."""

from __future__ import annotations

import numpy as np

from hemlets_ros.refinement.bone_lengths import (
    likely_lengths_mm,
    mean_lengths_mm,
    with_lengths,
    with_likely_bones,
)


class SteadyBones:
    """Moves joints so that the bones of a person approach their mean lengths over all images so far.

    The mean is combined with a prior (`likely_lengths_mm`). People not seen for `memory_s` are forgotten.
    """

    def __init__(self, memory_s: float = 1.0) -> None:
        self._memory_s = memory_s
        self._known: dict[int, tuple[np.ndarray, int, float]] = {}  # id -> mean, number of images, last stamp

    def __call__(self, person_id: int | None, joints_mm: np.ndarray, stamp_s: float) -> np.ndarray:
        """Moves the joints (18, 3) of a person, mm; person_id None (not tracked): uses this image only."""
        if person_id is None:
            return with_likely_bones(joints_mm)
        self._known = {key: each for key, each in self._known.items()
                       if stamp_s - each[2] <= self._memory_s}
        lengths = mean_lengths_mm(joints_mm)
        mean, count, _ = self._known.get(person_id, (lengths, 0, stamp_s))
        count += 1
        mean = mean + (lengths - mean) / count
        self._known[person_id] = (mean, count, stamp_s)
        return with_lengths(joints_mm, likely_lengths_mm(mean, count))
