"""Samples poses by joint angles: standing, walking, sitting, crouching, reaching, lying and others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from hemlets_ros.lab.synthetic.balance import balanced
from hemlets_ros.lab.synthetic.pose import Pose, mirror
from hemlets_ros.lab.synthetic.reach import least_colliding

#: Joint limits in degrees. Forward, sideways away from the body, and outwards are positive. At the ankle,
#: toes down is positive.
LIMITS_DEG: Final = {
    'trunk_bend': (-25.0, 80.0), 'trunk_side': (-30.0, 30.0), 'trunk_twist': (-45.0, 45.0),
    'head_bend': (-40.0, 45.0), 'head_side': (-30.0, 30.0), 'head_twist': (-70.0, 70.0),
    'hip_bend': (-25.0, 125.0), 'hip_side': (-15.0, 50.0), 'hip_twist': (-35.0, 45.0),
    'knee': (0.0, 145.0), 'ankle': (-25.0, 45.0),
    'shoulder_bend': (-50.0, 175.0), 'shoulder_side': (-15.0, 165.0), 'shoulder_twist': (-80.0, 80.0),
    'elbow': (0.0, 145.0)}
_SIDED = ('hip_bend', 'hip_side', 'hip_twist', 'knee', 'ankle', 'shoulder_bend', 'shoulder_side',
          'shoulder_twist', 'elbow')
#: Angles by name; names in _SIDED have the prefix l_ or r_.
Angles = dict[str, float]
_TRIES = 6
#: Kinds with similar legs -> factor by which the difference between the legs is reduced.
_LEGS_ALIKE = {'crouching': 0.4, 'bending': 0.3, 'sitting': 0.7}
_ON_FEET = ('standing', 'walking', 'crouching', 'bending', 'sports')

# Mean and standard deviation in degrees. Angles that are not listed have mean 0 and standard deviation 5.
_LEGS = {
    'standing': {'hip_bend': (3, 8), 'hip_side': (5, 5), 'hip_twist': (8, 8), 'knee': (6, 7),
                 'ankle': (-3, 4)},
    'sitting': {'hip_bend': (88, 10), 'hip_side': (10, 10), 'hip_twist': (3, 12), 'knee': (85, 18),
                'ankle': (0, 8), 'trunk_bend': (12, 14)},
    'crouching': {'hip_bend': (108, 12), 'hip_side': (18, 12), 'hip_twist': (10, 10), 'knee': (125, 14),
                  'ankle': (-18, 8), 'trunk_bend': (25, 14)},
    'bending': {'hip_bend': (45, 25), 'hip_side': (8, 6), 'knee': (15, 14), 'trunk_bend': (40, 18)},
    'lying': {'hip_bend': (20, 28), 'hip_side': (10, 12), 'knee': (30, 32), 'ankle': (20, 12)},
    'sports': {'hip_bend': (35, 35), 'hip_side': (18, 15), 'hip_twist': (8, 15), 'knee': (45, 35),
               'ankle': (5, 18), 'trunk_bend': (15, 18), 'trunk_side': (0, 12), 'trunk_twist': (0, 18)}}
_ARMS = {
    'hanging': {'shoulder_bend': (3, 12), 'shoulder_side': (13, 7), 'elbow': (18, 14)},
    'akimbo': {'shoulder_bend': (-18, 8), 'shoulder_side': (42, 6), 'shoulder_twist': (-45, 8),
               'elbow': (88, 10)},
    'folded': {'shoulder_bend': (32, 8), 'shoulder_side': (6, 5), 'shoulder_twist': (-48, 9),
               'elbow': (98, 10)},
    'forward': {'shoulder_bend': (55, 25), 'shoulder_side': (10, 12), 'shoulder_twist': (-10, 20),
                'elbow': (55, 32)},
    'at_head': {'shoulder_bend': (55, 25), 'shoulder_side': (35, 18), 'shoulder_twist': (-5, 20),
                'elbow': (128, 9)},
    'up': {'shoulder_bend': (135, 28), 'shoulder_side': (20, 18), 'elbow': (35, 28)},
    'out': {'shoulder_bend': (15, 22), 'shoulder_side': (85, 20), 'shoulder_twist': (10, 30),
            'elbow': (35, 35)},
    'any': {'shoulder_bend': (50, 60), 'shoulder_side': (45, 40), 'shoulder_twist': (0, 35),
            'elbow': (60, 40)}}
_ARM_SHARES = {'hanging': 0.3, 'akimbo': 0.07, 'folded': 0.07, 'forward': 0.18, 'at_head': 0.1, 'up': 0.1,
               'out': 0.08, 'any': 0.1}
_SHARES = {'standing': 0.24, 'walking': 0.18, 'sitting': 0.2, 'crouching': 0.08, 'kneeling': 0.05,
           'bending': 0.08, 'lying': 0.06, 'sports': 0.11}


def sample_pose(rng: np.random.Generator) -> Pose:
    """A random pose within LIMITS_DEG; several tries to avoid self-collision."""
    kind = str(rng.choice(list(_SHARES), p=np.array(list(_SHARES.values())) / sum(_SHARES.values())))

    def drawn() -> np.ndarray:
        rotations = segments_of(sample_angles(kind, rng))
        if kind == 'lying':
            return _lying_rotation(rng) @ rotations
        return balanced(rotations) if kind in _ON_FEET else rotations

    rotations = least_colliding(drawn, _TRIES)
    if rng.random() < 0.5:
        rotations = mirror(rotations)
    left, right = rng.beta(1.5, 2.5, 2)
    twist = np.clip(rng.normal(0, 0.5, 2), -1.2, 1.2)
    return Pose(rotations, f'sampled_{kind}', (float(left), float(right)), (float(twist[0]), float(twist[1])),
                'seat' if kind == 'sitting' else 'floor')


def sample_angles(kind: str, rng: np.random.Generator) -> Angles:
    """Random angles in degrees of one kind of pose, within LIMITS_DEG."""
    angles = _around(_LEGS.get(kind, _LEGS['standing']), rng)
    if kind in _LEGS_ALIKE:
        for joint in ('hip_bend', 'hip_side', 'knee', 'ankle'):
            left, right = angles[f'l_{joint}'], angles[f'r_{joint}']
            middle, half = (left + right) / 2, _LEGS_ALIKE[kind] * (left - right) / 2
            angles[f'l_{joint}'], angles[f'r_{joint}'] = middle + half, middle - half
    special: dict[str, Callable[[Angles, np.random.Generator], None]] = {
        'walking': _step, 'kneeling': _kneel, 'standing': _shift_weight}
    if kind in special:
        special[kind](angles, rng)
    if kind != 'walking' or rng.random() < 0.3:
        both = rng.random() < 0.45
        names = rng.choice(list(_ARM_SHARES), 2, p=list(_ARM_SHARES.values()))
        for side, name in zip('lr', (names[0], names[0] if both else names[1]), strict=True):
            drawn = _around(_ARMS[str(name)], rng)
            angles |= {key: value for key, value in drawn.items()
                       if key.startswith((f'{side}_shoulder', f'{side}_elbow'))}
    angles['head_bend'] += rng.normal(6, 14)
    angles['head_twist'] += rng.normal(0, 22)
    return {name: float(np.clip(value, *LIMITS_DEG[name.removeprefix('l_').removeprefix('r_')]))
            for name, value in angles.items()}


def segments_of(angles: Angles) -> np.ndarray:
    """Rotations (13, 3, 3) of the parts of a pose, upright and facing -y, from angles in degrees."""
    a = angles
    # Angles of each joint relative to its parent, about x, y and z in this order.
    joints = {'chest': (a['trunk_bend'], a['trunk_side'], a['trunk_twist']),
              'head': (a['head_bend'], a['head_side'], a['head_twist'])}
    for side, sign in (('l', 1.0), ('r', -1.0)):
        for joint in ('shoulder', 'hip'):
            name = f'{side}_{joint}'
            joints[name] = (-a[f'{name}_bend'], -sign * a[f'{name}_side'], sign * a[f'{name}_twist'])
        joints[f'{side}_elbow'] = (-a[f'{side}_elbow'], 0, 0)
        joints[f'{side}_knee'] = (a[f'{side}_knee'], 0, 0)
        joints[f'{side}_ankle'] = (a[f'{side}_ankle'], 0, 0)
        joints[f'{side}_hanging'] = (0, sign * 90, 0)  # turns the arm of the T-pose down
    matrices = Rotation.from_euler('XYZ', list(joints.values()), degrees=True).as_matrix()
    turn = dict(zip(joints, matrices, strict=True))
    chest = turn['chest']
    parts = [np.eye(3), chest, chest @ turn['head']]
    for side in 'lr':
        arm, hanging = chest @ turn[f'{side}_shoulder'], turn[f'{side}_hanging']
        parts += [arm @ hanging, arm @ turn[f'{side}_elbow'] @ hanging]
    for side in 'lr':
        thigh = turn[f'{side}_hip']
        shin = thigh @ turn[f'{side}_knee']
        parts += [thigh, shin, shin @ turn[f'{side}_ankle']]
    return np.stack(parts)


def _around(template: dict[str, tuple[int, int]], rng: np.random.Generator) -> Angles:
    names = [name for joint in LIMITS_DEG
             for name in ((f'l_{joint}', f'r_{joint}') if joint in _SIDED else (joint,))]
    drawn = rng.normal(size=len(names))
    angles = {}
    for name, value in zip(names, drawn, strict=True):
        mean, spread = template.get(name.removeprefix('l_').removeprefix('r_'), (0, 5))
        angles[name] = float(mean + spread * value)
    return angles


def _step(angles: Angles, rng: np.random.Generator) -> None:
    """Changes the angles to a random phase of a walk or run."""
    phase, stride = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 1.7)
    for side, shift in (('l', 0.0), ('r', np.pi)):
        swing = np.sin(phase + shift)
        angles[f'{side}_hip_bend'] += stride * 25 * swing + 5 * stride
        # The knee bends while the leg swings forward.
        angles[f'{side}_knee'] += stride * 45 * max(0.0, np.cos(phase + shift)) ** 2 + 4
        angles[f'{side}_ankle'] += -8 * swing * stride
        angles[f'{side}_shoulder_bend'] += -stride * 24 * swing
        angles[f'{side}_shoulder_side'] += 10
        angles[f'{side}_elbow'] += 15 + 30 * (stride - 0.5) + 10 * max(0.0, -swing)
    angles['trunk_bend'] += 6 * stride
    angles['trunk_twist'] += 5 * np.sin(phase) * stride


def _kneel(angles: Angles, rng: np.random.Generator) -> None:
    one = rng.random() < 0.6
    for side in 'lr':
        down = side == 'l' or not one
        angles[f'{side}_hip_bend'] += 0 if down else 85
        angles[f'{side}_knee'] += rng.uniform(80, 100) if down else 85
        angles[f'{side}_ankle'] += 35 if down else 0
    if not one and rng.random() < 0.5:  # sits on the heels
        for side in 'lr':
            angles[f'{side}_hip_bend'] += 60
            angles[f'{side}_knee'] += 40


def _shift_weight(angles: Angles, rng: np.random.Generator) -> None:
    amount = max(0.0, rng.normal(0, 10))
    angles['l_knee'] += 1.6 * amount
    angles['l_hip_bend'] += amount
    angles['l_hip_side'] += 0.5 * amount


def _lying_rotation(rng: np.random.Generator) -> np.ndarray:
    """A rotation that lays a pose on the back, the front or a side."""
    roll = rng.choice([0.0, np.pi, np.pi / 2, -np.pi / 2]) + rng.normal(0, 0.25)
    return Rotation.from_euler('XZ', [-np.pi / 2 + rng.normal(0, 0.06), roll]).as_matrix()
