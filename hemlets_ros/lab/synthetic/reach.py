"""Self-collision of poses, approximated by capsules around an average body."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hemlets_ros.lab.synthetic.pose import SEGMENT

# Radii of the capsules of an average adult, metres.
_X = np.array([1.0, 0.0, 0.0])
_UP = np.array([0.0, 0.0, 1.0])
_TRUNK, _HEAD, _THIGH, _SHIN, _ARM, _HAND = 0.13, 0.11, 0.075, 0.05, 0.045, 0.04
#: Pairs of capsules that may not overlap.
_PAIRS = [(f'{side}_forearm', body) for side in 'lr'
          for body in ('pelvis', 'chest', 'head', 'l_thigh', 'r_thigh')] \
    + [('l_forearm', 'r_forearm'), ('l_forearm', 'r_upperarm'), ('r_forearm', 'l_upperarm'),
       ('l_shin', 'r_shin'), ('l_thigh', 'r_shin'), ('l_shin', 'r_thigh'),
       ('chest', 'l_thigh'), ('chest', 'r_thigh')]
_POINTS = np.linspace(0, 1, 7)


def collision_m(rotations: np.ndarray) -> float:
    """Largest overlap of two body parts, metres; 0 or less: no collision. rotations: (13, 3, 3)."""
    capsules = _capsules(rotations)
    starts, ends = (np.stack([capsule[end] for capsule in capsules.values()]) for end in (0, 1))
    radii = np.array([capsule[2] for capsule in capsules.values()])
    points = starts[:, None] + _POINTS[:, None] * (ends - starts)[:, None]
    number = {name: index for index, name in enumerate(capsules)}
    first, second = np.array([[number[name] for name in pair] for pair in _PAIRS]).T
    gaps = points[first][:, :, None] - points[second][:, None]
    nearest = np.sqrt((gaps ** 2).sum(-1).min(axis=(1, 2)))
    return float((radii[first] + radii[second] - nearest).max())


def least_colliding(draw: Callable[[], np.ndarray], tries: int) -> np.ndarray:
    """The first of up to `tries` sampled poses (13, 3, 3) without collision, else that with the least."""
    best: tuple[float, np.ndarray] | None = None
    for _ in range(tries):
        rotations = draw()
        overlap_m = collision_m(rotations)
        if best is None or overlap_m < best[0]:
            best = overlap_m, rotations
        if overlap_m <= 0:
            break
    assert best is not None
    return best[1]


def limb_points(rotations: np.ndarray) -> dict[str, np.ndarray]:
    """Positions (3,) of waist, neck, l_shoulder, ... l_ankle of an average adult from the pelvis, metres."""
    turn = {name: rotations[index] for name, index in SEGMENT.items()}
    at = {'waist': turn['pelvis'] @ (0.12 * _UP)}
    at['neck'] = at['waist'] + turn['chest'] @ (0.36 * _UP)
    for side, sign in (('l', 1.0), ('r', -1.0)):
        out = sign * _X
        at[f'{side}_shoulder'] = at['neck'] + turn['chest'] @ (0.17 * out - 0.07 * _UP)
        at[f'{side}_elbow'] = at[f'{side}_shoulder'] + turn[f'{side}_upperarm'] @ (0.28 * out)
        at[f'{side}_hand'] = at[f'{side}_elbow'] + turn[f'{side}_forearm'] @ (0.38 * out)
        at[f'{side}_hip'] = turn['pelvis'] @ (0.1 * out)
        at[f'{side}_knee'] = at[f'{side}_hip'] - turn[f'{side}_thigh'] @ (0.44 * _UP)
        at[f'{side}_ankle'] = at[f'{side}_knee'] - turn[f'{side}_shin'] @ (0.43 * _UP)
    return at


def _capsules(rotations: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray, float]]:
    turn = {name: rotations[index] for name, index in SEGMENT.items()}
    at = limb_points(rotations)
    waist, neck = at['waist'], at['neck']
    # The capsules of the trunk are shortened, because thighs, arms and head join it at the ends.
    capsules = {'pelvis': (turn['pelvis'] @ (0.02 * _UP), waist, _TRUNK),
                'chest': (waist, waist + turn['chest'] @ (0.22 * _UP), _TRUNK),
                'head': (neck + turn['head'] @ (0.12 * _UP), neck + turn['head'] @ (0.2 * _UP), _HEAD)}
    for side in 'lr':
        shoulder, elbow, hand, hip, knee, ankle = (
            at[f'{side}_{name}'] for name in ('shoulder', 'elbow', 'hand', 'hip', 'knee', 'ankle'))
        capsules[f'{side}_upperarm'] = (shoulder, elbow, _ARM)
        capsules[f'{side}_forearm'] = (elbow + 0.3 * (hand - elbow), hand, _HAND)
        capsules[f'{side}_thigh'] = (hip + 0.45 * (knee - hip), knee, _THIGH)
        capsules[f'{side}_shin'] = (knee + 0.2 * (ankle - knee), ankle, _SHIN)
    return capsules
