"""Joint positions of motion capture -> rotations of a pose, by the directions of bones.

Lengths do not matter, so any skeleton will do. Twists of arms and legs come from how elbows and knees bend;
where they are straight, from the trunk.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from hemlets_ros.lab.synthetic import rotations as rot
from hemlets_ros.lab.synthetic.pose import SEGMENTS

JOINTS: Final = (
    'pelvis', 'l_hip', 'r_hip', 'spine', 'l_knee', 'r_knee', 'chest', 'l_ankle', 'r_ankle', 'neck', 'l_toe',
    'r_toe', 'head', 'head_top', 'l_collar', 'r_collar', 'l_shoulder', 'r_shoulder', 'l_elbow', 'r_elbow',
    'l_wrist', 'r_wrist')
_INDEX: Final = {name: index for index, name in enumerate(JOINTS)}
#: y up, facing +z -> z up, facing -y.
_AXES = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
_X, _UP = np.array([1.0, 0, 0]), np.array([0.0, 0, 1])
#: How far lines of the body lean forward when people stand upright, degrees: hips to shoulders, pelvis to
#: spine, chest to neck, neck to the head's top; and ankle to toe downwards. They differ between skeletons:
#: measure them on upright frames.
NEUTRAL: Final = {'trunk': -4.5, 'pelvis': -4.5, 'chest': -4.5, 'head': 12.0, 'foot': 15.0}
#: How much of the trunk's curve is taken over: the line from hips to shoulders must stay.
_CURVE = 0.8
#: Elbows and knees that bend by less do not say which way they face.
_TELLING_RAD = 0.45


def rotations_of(positions: np.ndarray, neutral: dict[str, float] | None = None) -> np.ndarray:
    """Positions (n, 22, 3) of JOINTS -> rotations (n, 13, 3, 3) of SEGMENTS.

    Positions are in metres, y up, left +x when facing +z.
    neutral: what differs from NEUTRAL.
    """
    at = {name: positions[:, index].astype(float) @ _AXES.T for name, index in _INDEX.items()}
    level = {name: Rotation.from_euler('x', np.radians(degrees)).as_matrix() @ _UP
             for name, degrees in (NEUTRAL | (neutral or {})).items()}
    hips, shoulders = ((at[f'l_{joint}'] + at[f'r_{joint}']) / 2 for joint in ('hip', 'shoulder'))
    across_hips, across_shoulders = (at[f'l_{joint}'] - at[f'r_{joint}'] for joint in ('hip', 'shoulder'))
    trunk = _frames(across_shoulders, shoulders - hips, level['trunk'])[:, :, 2]
    curve = _CURVE / 2 * (_frames(across_hips, at['spine'] - at['pelvis'], level['pelvis'])[:, :, 2]
                          - _frames(across_shoulders, at['neck'] - at['chest'], level['chest'])[:, :, 2])
    turned = {'pelvis': _frames(across_hips, trunk + curve, _UP),
              'chest': _frames(across_shoulders, trunk - curve, _UP)}
    turned['head'] = _frames(turned['chest'][:, :, 0], at['head_top'] - at['neck'], level['head'])
    for side, sign in (('l', 1.0), ('r', -1.0)):
        _arm(turned, at, side, sign)
        _leg(turned, at, side, level['foot'])
    return np.stack([turned[name] for name in SEGMENTS], axis=1)


def _frames(across: np.ndarray, up: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Rotations (n, 3, 3) that turn `level` (3,) to where `up` (n, 3) points, and +x nearly to `across`."""
    return rot.frame(up, across) @ rot.frame(level, _X).T


def _arm(turned: dict[str, np.ndarray], at: dict[str, np.ndarray], side: str, sign: float) -> None:
    upper = rot.unit(at[f'{side}_elbow'] - at[f'{side}_shoulder'])
    lower = rot.unit(at[f'{side}_wrist'] - at[f'{side}_elbow'])
    out = sign * _X
    # Straight arms: as if swung from the T-pose by the shortest way.
    chest = turned['chest']
    guess = _shortest(chest @ out, upper) @ chest
    axis = np.cross(upper, lower)
    sine = np.linalg.norm(axis, axis=-1, keepdims=True)
    share = np.clip(sine / np.sin(_TELLING_RAD), 0, 1)
    # In the T-pose elbows bend about the vertical, forwards.
    hinge = rot.unit(share * rot.unit(axis) - sign * (1 - share) * guess[:, :, 2])
    straight = rot.frame(out, -sign * _UP)
    turned[f'{side}_upperarm'] = rot.frame(upper, hinge) @ straight.T
    turned[f'{side}_forearm'] = rot.frame(lower, hinge) @ straight.T


def _leg(turned: dict[str, np.ndarray], at: dict[str, np.ndarray], side: str, level_foot: np.ndarray) -> None:
    thigh = rot.unit(at[f'{side}_knee'] - at[f'{side}_hip'])
    shin = rot.unit(at[f'{side}_ankle'] - at[f'{side}_knee'])
    toe = rot.unit(at[f'{side}_toe'] - at[f'{side}_ankle'])
    pelvis = turned['pelvis']
    guess = (_shortest(pelvis @ -_UP, thigh) @ pelvis)[:, :, 0]
    # Knees bend backwards, about the body's left: from thigh to shin the way turns about +x.
    axis = np.cross(thigh, shin)
    share = np.clip(np.linalg.norm(axis, axis=-1, keepdims=True) / np.sin(_TELLING_RAD), 0, 1)
    forwards = np.sum(axis * guess, axis=-1, keepdims=True) > 0  # noise bends straight knees the wrong way
    share = share * forwards
    hinge = rot.unit(share * rot.unit(axis) + (1 - share) * guess)
    straight = rot.frame(-_UP, _X)
    turned[f'{side}_thigh'] = rot.frame(thigh, hinge) @ straight.T
    turned[f'{side}_shin'] = rot.frame(shin, hinge) @ straight.T
    beside = rot.unit(hinge - np.sum(hinge * toe, axis=-1, keepdims=True) * toe)
    # Turned as what is up: the toes point a quarter turn further.
    level_toe = Rotation.from_euler('x', np.pi / 2).as_matrix() @ level_foot
    turned[f'{side}_foot'] = rot.frame(toe, beside) @ rot.frame(level_toe, _X).T


def _shortest(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The rotations (n, 3, 3) that turn unit vectors (n, 3) to others by the shortest way."""
    axis = np.cross(start, end)
    sine = np.linalg.norm(axis, axis=-1, keepdims=True)
    angle = np.arctan2(sine, np.sum(start * end, axis=-1, keepdims=True))
    return Rotation.from_rotvec(np.where(sine > 1e-6, axis / np.maximum(sine, 1e-9) * angle, 0.0)).as_matrix()
