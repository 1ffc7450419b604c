"""Random poses: from motion capture, sampled, or a mixture of both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from hemlets_ros.lab.synthetic.balance import balanced
from hemlets_ros.lab.synthetic.motion_clips import sample_motion_pose
from hemlets_ros.lab.synthetic.pose import SEGMENT, Pose
from hemlets_ros.lab.synthetic.pose_sampler import sample_pose
from hemlets_ros.lab.synthetic.reach import clearest

_SHARES = {'motion': 0.3, 'sampled': 0.4, 'mixed': 0.3}
_ARMS = [SEGMENT[f'{side}_{part}'] for side in 'lr' for part in ('upperarm', 'forearm')]
_ABOVE = [SEGMENT['chest'], SEGMENT['head'], *_ARMS]
_TRIES = 4


def any_pose(rng: np.random.Generator, held_out: bool = False) -> Pose:
    """A pose that faces any way; all directions around the vertical are as likely.

    held_out: with the motion clips that training never sees, and none that it does.
    """
    kind = rng.choice(list(_SHARES), p=list(_SHARES.values()))
    if kind == 'sampled':
        pose = sample_pose(rng)
    else:
        pose = (sample_motion_pose if kind == 'motion' else mixed_pose)(rng, held_out)
    return facing_any_way(pose, rng)


def facing_any_way(pose: Pose, rng: np.random.Generator) -> Pose:
    """The pose, turned around the vertical; all directions are as likely."""
    spin = Rotation.from_euler('z', rng.uniform(0, 2 * np.pi)).as_matrix()
    return replace(pose, rotations=spin @ pose.rotations)


def mixed_pose(rng: np.random.Generator, held_out: bool = False) -> Pose:
    """The legs of one pose with the arms, or all that is above the hips, of another.

    So a few clips give many poses that nobody acted.
    """
    def drawn(motion_share: float) -> Pose:
        return sample_motion_pose(rng, held_out) if rng.random() < motion_share \
            else sample_pose(rng)

    pose = drawn(motion_share=0.6)
    trunk = SEGMENT['chest'] if rng.random() < 0.6 else SEGMENT['pelvis']
    taken = _ARMS if trunk == SEGMENT['chest'] else _ABOVE

    def mixed() -> np.ndarray:
        other = drawn(motion_share=0.5)
        rotations = pose.rotations.copy()
        to_own = pose.rotations[trunk] @ other.rotations[trunk].T
        rotations[taken] = to_own @ other.rotations[taken]
        return rotations

    rotations = clearest(mixed, _TRIES)
    upright = rotations[SEGMENT['pelvis'], 2, 2] > 0.6  # those who lie or fall have no balance to keep
    if pose.support == 'floor' and pose.lift_m == 0 and upright:
        rotations = balanced(rotations)
    return replace(pose, rotations=rotations, action=f'mixed_{pose.action}')
