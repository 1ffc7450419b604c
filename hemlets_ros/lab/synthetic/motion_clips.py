"""Samples poses from the motion capture clips in motions/."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.synthetic.pose import SEGMENTS, Pose, mirror

FOLDER = Path(__file__).with_name('motions')
#: Clips in which the feet leave the floor.
_JUMPS = ('backflip', 'cartwheel', 'jump', 'run', 'spinkick', 'dance')
#: Held-out clips, for test data only; never in training data.
_HELD_OUT = ('pybullet_dance_b', 'pybullet_punch', 'pybullet_jump', 'pybullet_turn_left1', 'cmu_01_03')
_JITTER_RAD = 0.06
_GRAVITY_JUMP_M = 0.35
#: A clip's sampling probability grows with the square root of its length, so that long clips do not dominate.
_LENGTH_POWER = 0.5


@cache
def clips() -> dict[str, np.ndarray]:
    """Quaternions (frames, 13, 4), w first, of each clip, with keys '<source>_<name>'."""
    found = {f'{path.stem}_{name}': np.asarray(clip, np.float32)
             for path in sorted(FOLDER.glob('*.npz')) for name, clip in np.load(path).items()}
    if not found:
        raise SourceError(f'no motion clips in {FOLDER}: the installation is incomplete')
    return found


def sample_motion_pose(rng: np.random.Generator, held_out: bool = False) -> Pose:
    """A random frame of a clip with jitter, mirrored with probability 0.5.

    held_out: only from held-out clips, else from all others.
    """
    known = clips()
    names = [name for name in known if (name in _HELD_OUT) == held_out]
    share = np.array([len(known[name]) for name in names], float) ** _LENGTH_POWER
    name = names[rng.choice(len(names), p=share / share.sum())]
    frame = known[name][rng.integers(len(known[name]))]
    jitter = Rotation.from_rotvec(rng.normal(0, _JITTER_RAD, (len(SEGMENTS), 3)))
    rotations = (Rotation.from_quat(frame.astype(float), scalar_first=True) * jitter).as_matrix()
    if rng.random() < 0.5:
        rotations = mirror(rotations)
    left, right = rng.beta(1.5, 2.5, 2)
    twist = np.clip(rng.normal(0, 0.4, 2), -1.2, 1.2)
    jumps = any(word in name for word in _JUMPS) and rng.random() < 0.4
    lift_m = float(abs(rng.normal(0, _GRAVITY_JUMP_M))) if jumps else 0.0
    return Pose(rotations, name, (float(left), float(right)), (float(twist[0]), float(twist[1])),
                'air' if jumps else 'floor', lift_m)
