"""Random poses: from motion capture, sampled, or mixed from both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from hemlets_ros.lab.synthetic.balance import balanced
from hemlets_ros.lab.synthetic.motion_clips import sample_motion_pose
from hemlets_ros.lab.synthetic.pose import SEGMENT, Pose
from hemlets_ros.lab.synthetic.pose_sampler import sample_pose
from hemlets_ros.lab.synthetic.reach import least_colliding

_SHARES = {'motion': 0.3, 'sampled': 0.4, 'mixed': 0.3}
_ARMS = [SEGMENT[f'{side}_{part}'] for side in 'lr' for part in ('upperarm', 'forearm')]
_ABOVE = [SEGMENT['chest'], SEGMENT['head'], *_ARMS]
_TRIES = 4


def any_pose(rng: np.random.Generator, held_out: bool = False) -> Pose:
    """A random pose in any direction around the vertical, all equally likely.

    held_out: only from held-out motion clips, else from all others.
    """
    kind = rng.choice(list(_SHARES), p=list(_SHARES.values()))
    if kind == 'sampled':
        pose = sample_pose(rng)
    else:
        pose = (sample_motion_pose if kind == 'motion' else mixed_pose)(rng, held_out)
    return facing_any_way(pose, rng)


def facing_any_way(pose: Pose, rng: np.random.Generator) -> Pose:
    """The pose, rotated about the vertical by a uniformly distributed angle."""
    spin = Rotation.from_euler('z', rng.uniform(0, 2 * np.pi)).as_matrix()
    return replace(pose, rotations=spin @ pose.rotations)


def mixed_pose(rng: np.random.Generator, held_out: bool = False) -> Pose:
    """Combines the legs of one pose with the arms, or everything above the hips, of another.

    This gives many new poses from few clips.
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

    rotations = least_colliding(mixed, _TRIES)
    upright = rotations[SEGMENT['pelvis'], 2, 2] > 0.6  # lying and falling poses need no balance
    if pose.support == 'floor' and pose.lift_m == 0 and upright:
        rotations = balanced(rotations)
    return replace(pose, rotations=rotations, action=f'mixed_{pose.action}')
