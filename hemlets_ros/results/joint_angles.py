"""Clinical joint angles from joint positions.

Positions do not determine the twist of a limb, so there are no rotations about its long axis. Flexion of knee
and elbow is the unsigned 3D angle between two bones, so hyperextension counts as flexion.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from hemlets_ros.skeleton import INDEX

#: Angle in degrees -> definition and zero position.
CONVENTIONS: Final = {
    'knee_flexion': 'thigh to shank: 0 straight, positive bent',
    'hip_flexion': "thigh in the pelvis' sagittal plane: 0 in line with the trunk, positive forwards",
    'hip_abduction': "thigh out of the pelvis' sagittal plane: 0 in it, positive away from the other leg",
    'elbow_flexion': 'upper arm to forearm: 0 straight, positive bent',
    'shoulder_elevation': 'upper arm to trunk, in any direction: 0 hanging, 90 level, 180 overhead',
    'trunk_inclination': "pelvis to neck against the camera's vertical: 0 upright, if the camera is level"}
_OF_SIDES = [name for name in CONVENTIONS if name != 'trunk_inclination']
#: All angles, in the order of `joint_angles_deg`: r_knee_flexion, l_knee_flexion ... trunk_inclination.
ANGLE_NAMES: Final = (*(f'{side}_{name}' for name in _OF_SIDES for side in ('r', 'l')), 'trunk_inclination')


def joint_angles_deg(joints_mm: np.ndarray) -> np.ndarray:
    """Angles (..., 11), by ANGLE_NAMES, of joints (..., 18, 3) in the camera frame; see CONVENTIONS.

    NaN where bones that span an angle have no length.
    """
    joints = {name: joints_mm[..., index, :] for name, index in INDEX.items()}
    up = joints['neck'] - joints['pelvis']
    right = joints['r_hip'] - joints['l_hip']
    with np.errstate(invalid='ignore', divide='ignore'):
        right = _unit(right)
        upright = _unit(up - _dot(up, right)[..., None] * right)
        # The camera frame is right-handed, so the cross product of up and right is the facing direction.
        forward = np.cross(upright, right)
        angles = {'trunk_inclination': _between(up, np.broadcast_to([0.0, -1.0, 0.0], up.shape))}
        for side, outwards in (('r', right), ('l', -right)):
            hip, knee, ankle = (joints[f'{side}_{name}'] for name in ('hip', 'knee', 'ankle'))
            shoulder, elbow, wrist = (joints[f'{side}_{name}'] for name in ('shoulder', 'elbow', 'wrist'))
            thigh = _unit(knee - hip)
            angles[f'{side}_knee_flexion'] = _between(knee - hip, ankle - knee)
            angles[f'{side}_elbow_flexion'] = _between(elbow - shoulder, wrist - elbow)
            angles[f'{side}_shoulder_elevation'] = _between(elbow - shoulder, -up)
            angles[f'{side}_hip_flexion'] = np.degrees(
                np.arctan2(_dot(thigh, forward), -_dot(thigh, upright)))
            angles[f'{side}_hip_abduction'] = np.degrees(np.arcsin(np.clip(_dot(thigh, outwards), -1, 1)))
    return np.stack([angles[name] for name in ANGLE_NAMES], axis=-1)


def _dot(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    result: np.ndarray = (one * other).sum(-1)
    return result


def _unit(vector: np.ndarray) -> np.ndarray:
    result: np.ndarray = vector / np.linalg.norm(vector, axis=-1, keepdims=True)
    return result


def _between(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Angle between two vectors, degrees, 0..180."""
    degrees: np.ndarray = np.degrees(np.arccos(np.clip(_dot(_unit(one), _unit(other)), -1, 1)))
    return degrees
