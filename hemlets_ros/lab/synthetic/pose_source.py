"""Sources of poses: a motion library if given, sampled joint angles, and bundled clips."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from hemlets_ros.lab.synthetic.motion_library import MotionLibrary
from hemlets_ros.lab.synthetic.on_hands import sample_on_hands
from hemlets_ros.lab.synthetic.pose import Pose
from hemlets_ros.lab.synthetic.pose_sampler import sample_angles, sample_pose, segments_of
from hemlets_ros.lab.synthetic.poses import any_pose, facing_any_way
from hemlets_ros.lab.synthetic.reach import least_colliding

_SHARES: Final = {'library': 0.64, 'sampled': 0.18, 'any': 0.13, 'on_hands': 0.05}


class PoseSource:
    """Random poses in any direction; held_out: only from held-out motions, else from all others."""

    def __init__(self, motions: str | Path | None, held_out: bool = False) -> None:
        self._library = MotionLibrary(motions, held_out) if motions else None
        self._held_out = held_out

    def draw(self, rng: np.random.Generator) -> Pose:
        """A random pose."""
        if self._library is None:
            return any_pose(rng, self._held_out)
        kind = rng.choice(list(_SHARES), p=list(_SHARES.values()))
        if kind == 'any':
            return any_pose(rng, self._held_out)
        if kind == 'on_hands':
            return sample_on_hands(rng)
        return facing_any_way(self._library.sample(rng) if kind == 'library' else sample_pose(rng), rng)


def sitting_pose(rng: np.random.Generator) -> Pose:
    """A generated sitting pose in any direction."""
    rotations = least_colliding(lambda: segments_of(sample_angles('sitting', rng)), 3)
    left, right = rng.beta(1.5, 2.5, 2)
    twist = np.clip(rng.normal(0, 0.4, 2), -1.2, 1.2)
    return facing_any_way(Pose(rotations, 'sampled_sitting', (float(left), float(right)),
                               (float(twist[0]), float(twist[1])), 'seat'), rng)
