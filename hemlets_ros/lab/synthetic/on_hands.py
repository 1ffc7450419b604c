"""Generates poses on hands and knees, or hands and feet, which are rare in motion capture."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from hemlets_ros.lab.synthetic.arms import set_arm
from hemlets_ros.lab.synthetic.pose import SEGMENT, Pose, mirror
from hemlets_ros.lab.synthetic.pose_sampler import LIMITS_DEG, segments_of
from hemlets_ros.lab.synthetic.poses import facing_any_way
from hemlets_ros.lab.synthetic.reach import least_colliding, limb_points

#: Mean and standard deviation of angles in degrees, sampled separately for left and right. Angles that are
#: not listed have mean 0 and standard deviation 5.
_KINDS: Final = {
    'crawling': {'hip_bend': (88, 18), 'hip_side': (8, 8), 'knee': (88, 18), 'ankle': (35, 12),
                 'trunk_bend': (8, 12)},
    'on_hands_and_feet': {'hip_bend': (80, 22), 'hip_side': (10, 8), 'knee': (35, 22), 'ankle': (-5, 12),
                          'trunk_bend': (12, 12)},
    'push_up': {'hip_bend': (6, 10), 'hip_side': (6, 5), 'knee': (8, 8), 'ankle': (-15, 10),
                'trunk_bend': (2, 6)}}
_SHARES: Final = (0.6, 0.2, 0.2)
_TRUNK: Final = {'trunk_side': (0, 7), 'trunk_twist': (0, 8), 'head_bend': (-18, 18),
                 'head_twist': (0, 20)}
_JOINT_HEIGHT_M, _WRIST_HEIGHT_M = 0.05, 0.1  # heights of knees and ankles, and of wrists, above the ground
_ARM_M = (0.28, 0.25)
_TRIES = 4


def sample_on_hands(rng: np.random.Generator) -> Pose:
    """A random pose on all fours, with hands and knees (or feet) on level ground, facing any direction."""
    kind = str(rng.choice(list(_KINDS), p=_SHARES))
    rotations = least_colliding(lambda: _on_all_fours(segments_of(_angles(kind, rng)), kind, rng), _TRIES)
    if rng.random() < 0.5:
        rotations = mirror(rotations)
    # Fists, because a pose cannot bend wrists back.
    curl, twist = rng.uniform(0.6, 1, 2), rng.normal(0, 0.4, 2)
    return facing_any_way(Pose(rotations, f'sampled_{kind}', (float(curl[0]), float(curl[1])),
                               (float(twist[0]), float(twist[1]))), rng)


def _angles(kind: str, rng: np.random.Generator) -> dict[str, float]:
    template = _KINDS[kind] | _TRUNK
    angles = {}
    for joint, limits in LIMITS_DEG.items():
        mean, spread = template.get(joint, (0, 5))
        sided = not joint.startswith(('trunk', 'head'))
        for name in ((f'l_{joint}', f'r_{joint}') if sided else (joint,)):
            angles[name] = float(np.clip(rng.normal(mean, spread), *limits))
    return angles


def _on_all_fours(rotations: np.ndarray, kind: str, rng: np.random.Generator) -> np.ndarray:
    """Tilts the pose (13, 3, 3) as a whole onto knees or feet, and moves its hands to the ground."""
    at = limb_points(rotations)
    if kind == 'crawling':  # makes the shins horizontal
        knees, ankles = ((at[f'l_{joint}'] + at[f'r_{joint}']) / 2 for joint in ('knee', 'ankle'))
        shin = ankles - knees  # is to point backwards (+y)
        tilt = np.arctan2(-shin[2], shin[1]) + rng.normal(0, 0.12)
    else:  # puts the shoulders at a height from which the arms reach the ground
        ankles = (at['l_ankle'] + at['r_ankle']) / 2
        shoulders = (at['l_shoulder'] + at['r_shoulder']) / 2 - ankles
        upright = np.arctan2(shoulders[1], shoulders[2])  # this tilt would put the shoulders above the feet
        tilt = upright + np.arccos(min(1.0, rng.uniform(0.15, 0.6) / np.linalg.norm(shoulders)))
    rotations = Rotation.from_euler('x', tilt).as_matrix() @ rotations
    at = limb_points(rotations)
    ground = min(at[f'{side}_{joint}'][2] for side in 'lr' for joint in ('knee', 'ankle')) - _JOINT_HEIGHT_M
    chest = rotations[SEGMENT['chest']]
    for side, sign in (('l', 1.0), ('r', -1.0)):
        way = np.array([sign * rng.normal(0.03, 0.06), rng.normal(-0.03, 0.14), 0.0])
        way[2] = ground + _WRIST_HEIGHT_M - at[f'{side}_shoulder'][2]
        set_arm(rotations, side, way, _ARM_M, chest @ [0.6 * sign, 0.4, -0.3])
    return rotations
