"""Converts joint positions of motion capture to the rotations of a pose, by the directions of bones.

Bone lengths do not matter, so any skeleton is accepted. The twist of arms and legs is computed from bent
elbows and knees, or from the trunk if they are straight.
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
#: Forward lean in degrees of an upright person: hips to shoulders, pelvis to spine, chest to neck, neck to
#: head top; and downward angle of ankle to toe. They differ between skeletons and are measured on frames of
#: upright people.
NEUTRAL: Final = {'trunk': -4.5, 'pelvis': -4.5, 'chest': -4.5, 'head': 12.0, 'foot': 15.0}
#: Share of the trunk's curvature that is transferred; the line from hips to shoulders is preserved.
_CURVE = 0.8
#: Below this bend, elbows and knees do not determine the twist.
_TELLING_RAD = 0.45


def rotations_of(positions: np.ndarray, neutral: dict[str, float] | None = None) -> np.ndarray:
    """Positions (n, 22, 3) of JOINTS -> rotations (n, 13, 3, 3) of SEGMENTS.

    Positions are in metres, y up, left +x when facing +z.
    neutral: values that replace those of NEUTRAL.
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
    """Rotations (n, 3, 3) that turn `level` (3,) to the direction `up` (n, 3), and +x nearly to `across`."""
    return rot.frame(up, across) @ rot.frame(level, _X).T


def _arm(turned: dict[str, np.ndarray], at: dict[str, np.ndarray], side: str, sign: float) -> None:
    upper = rot.unit(at[f'{side}_elbow'] - at[f'{side}_shoulder'])
    lower = rot.unit(at[f'{side}_wrist'] - at[f'{side}_elbow'])
    out = sign * _X
    # Straight arms get the shortest rotation from the T-pose.
    chest = turned['chest']
    guess = _shortest(chest @ out, upper) @ chest
    axis = np.cross(upper, lower)
    sine = np.linalg.norm(axis, axis=-1, keepdims=True)
    share = np.clip(sine / np.sin(_TELLING_RAD), 0, 1)
    # In the T-pose, elbows bend forwards about the vertical.
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
    # Knees bend backwards: the rotation from thigh to shin is about the body's left (+x).
    axis = np.cross(thigh, shin)
    share = np.clip(np.linalg.norm(axis, axis=-1, keepdims=True) / np.sin(_TELLING_RAD), 0, 1)
    # Excludes straight knees that noise bends forwards.
    forwards = np.sum(axis * guess, axis=-1, keepdims=True) > 0
    share = share * forwards
    hinge = rot.unit(share * rot.unit(axis) + (1 - share) * guess)
    straight = rot.frame(-_UP, _X)
    turned[f'{side}_thigh'] = rot.frame(thigh, hinge) @ straight.T
    turned[f'{side}_shin'] = rot.frame(shin, hinge) @ straight.T
    beside = rot.unit(hinge - np.sum(hinge * toe, axis=-1, keepdims=True) * toe)
    # `_frames` aligns the up direction; the toes point a quarter turn from it.
    level_toe = Rotation.from_euler('x', np.pi / 2).as_matrix() @ level_foot
    turned[f'{side}_foot'] = rot.frame(toe, beside) @ rot.frame(level_toe, _X).T


def _shortest(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The smallest rotations (n, 3, 3) from unit vectors `start` (n, 3) to `end` (n, 3)."""
    axis = np.cross(start, end)
    sine = np.linalg.norm(axis, axis=-1, keepdims=True)
    angle = np.arctan2(sine, np.sum(start * end, axis=-1, keepdims=True))
    return Rotation.from_rotvec(np.where(sine > 1e-6, axis / np.maximum(sine, 1e-9) * angle, 0.0)).as_matrix()
