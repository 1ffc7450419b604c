"""Fits the pose of a body with given bone lengths to measured joints, by Gauss-Newton on all rotations.

The given rotations are the prior. The measured joints determine the direction of the bones (swing). What they
do not determine (twist of the limbs, hands, feet) stays at the prior. A penalty keeps the rotations within
the joint limits.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from hemlets_ros.body.bones import (
    BONE_COUNT,
    BONE_INDEX,
    JOINT_OF_BONE,
    PARENTS,
    REST_ENDS_MM,
    REST_OFFSETS_MM,
)
from hemlets_ros.body.joint_limits import HIGH_RAD, LOW_RAD
from hemlets_ros.body.kinematics import posed_bones
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.skeleton import INDEX, JOINT_COUNT

_STEPS: Final = 3
#: Standard deviations of the residuals: measured joints of full confidence, prior rotations, joint limits.
_JOINT_MM: Final = 30.0
_ROTATION_RAD: Final = np.radians(12.0)
_LIMIT_RAD: Final = np.radians(3.0)
#: Nose relative to the start of the head bone in the rest pose: the mean of 1,500 generated bodies.
NOSE_MM: Final = np.array([0.0, 2.0, 65.0])


def _carriers() -> tuple[np.ndarray, np.ndarray]:
    """(18,) the bone that carries each joint; (18, 3) its mean position relative to that bone's start."""
    carrier, at = np.zeros(JOINT_COUNT, int), np.zeros((JOINT_COUNT, 3))
    for bone, joint in JOINT_OF_BONE.items():
        carrier[INDEX[joint]] = BONE_INDEX[bone]
    for joint, place in (('nose', NOSE_MM), ('head_top', REST_ENDS_MM['head'])):
        carrier[INDEX[joint]], at[INDEX[joint]] = BONE_INDEX['head'], place
    return carrier, at


_CARRIER, _AT_MM = _carriers()
_MIDDLE: Final = INDEX['mid_shoulder']  # no bone carries it; it is the mean of the shoulders
_SHOULDERS: Final = [INDEX['l_shoulder'], INDEX['r_shoulder']]


def _moved_by() -> np.ndarray:
    """(18, 24) 1 where the rotation of a bone moves a joint, else 0."""
    result = np.zeros((JOINT_COUNT, BONE_COUNT))
    for joint in range(JOINT_COUNT):
        bone = int(_CARRIER[joint])
        if not _AT_MM[joint].any():  # the start of the bone: its own rotation does not move it
            bone = PARENTS[bone]
        while bone >= 0:
            result[joint, bone] = 1.0
            bone = PARENTS[bone]
    result[_MIDDLE] = 0
    return result


_MOVED_BY = _moved_by()


def body_joints_mm(root_mm: np.ndarray, rotations: np.ndarray, offsets_mm: np.ndarray) -> np.ndarray:
    """The joints (18, 3) of a body by forward kinematics, in the order of skeleton.JOINT_NAMES.

    Args:
        root_mm: (3,) the pelvis.
        rotations: (24, 4) relative to the parent bones; the pelvis: from rest pose to the frame of root_mm.
        offsets_mm: (24, 3), as bones.REST_OFFSETS_MM.
    """
    return _joints(*posed_bones(root_mm, rotations, offsets_mm), _AT_MM * _scale(offsets_mm))


def fitted(joints_mm: np.ndarray, confidence: np.ndarray, rotations: np.ndarray,
           offsets_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fits a body to measured joints; returns the pelvis (3,) and the rotations (24, 4).

    Args:
        joints_mm: (18, 3) measured.
        confidence: (18,) 0..1.
        rotations: (24, 4) the prior, relative to the parent bones; the pelvis: from the rest pose to the
            frame of the joints.
        offsets_mm: (24, 3) the bones of the body, as bones.REST_OFFSETS_MM.
    """
    confident = np.clip(confidence, 0.05, 1.0)
    confident[_MIDDLE] = 0
    weight = np.repeat(confident / _JOINT_MM, 3)
    root_mm, now, at_mm = joints_mm[INDEX['pelvis']], rotations, _AT_MM * _scale(offsets_mm)
    count = 3 * BONE_COUNT
    for _ in range(_STEPS):
        starts, turned = posed_bones(root_mm, now, offsets_mm)
        joints = _joints(starts, turned, at_mm)
        jacobian = _jacobian(starts, turned, joints) * weight[:, None]
        deviation = _vectors(quat.multiply(_CONJUGATE * rotations, now)).ravel()
        angles = _vectors(now)
        violation = (np.clip(angles, LOW_RAD, HIGH_RAD) - angles).ravel()
        diagonal, right_side = np.full(count + 3, 1e-6), jacobian.T @ (weight * (joints_mm - joints).ravel())
        limit = (violation != 0) / _LIMIT_RAD ** 2
        diagonal[:count] = 1 / _ROTATION_RAD ** 2 + limit
        right_side[:count] += limit * violation - deviation / _ROTATION_RAD ** 2
        step = np.linalg.solve(jacobian.T @ jacobian + np.diag(diagonal), right_side)
        now = quat.unit(quat.multiply(now, _quaternions(step[:count].reshape(BONE_COUNT, 3))))
        root_mm = root_mm + step[count:]
    return root_mm, now


_CONJUGATE: Final = np.array([1.0, -1.0, -1.0, -1.0])  # elementwise factor of the conjugate


def _jacobian(starts: np.ndarray, turned: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """(54, 75) derivatives of the joints by rotations about each bone's own axes (rad) and by the root."""
    result = np.empty((JOINT_COUNT, 3, 3 * BONE_COUNT + 3))
    result[:, :, -3:] = np.eye(3)
    arms = (joints[:, None] - starts) * _MOVED_BY[..., None]  # (18, 24, 3)
    # A small rotation about an axis moves a joint by angle * cross(axis, lever arm).
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        moved = turned[:, j] * arms[:, :, k, None] - turned[:, k] * arms[:, :, j, None]  # (18, 24, axis)
        result[:, i, :-3] = moved.reshape(JOINT_COUNT, -1)
    return result.reshape(3 * JOINT_COUNT, -1)


def _scale(offsets_mm: np.ndarray) -> float:
    """Size of the head relative to the rest pose's."""
    head = BONE_INDEX['head']
    return float(np.linalg.norm(offsets_mm[head]) / np.linalg.norm(REST_OFFSETS_MM[head]))


def _joints(starts: np.ndarray, turned: np.ndarray, at_mm: np.ndarray) -> np.ndarray:
    joints: np.ndarray = starts[_CARRIER] + (turned[_CARRIER] @ at_mm[..., None])[..., 0]
    joints[_MIDDLE] = joints[_SHOULDERS].mean(axis=0)
    return joints


def _vectors(q: np.ndarray) -> np.ndarray:
    """Rotation vectors (..., 3), rad, of quaternions (..., 4)."""
    q = np.where(q[..., :1] < 0, -q, q)
    sine = np.linalg.norm(q[..., 1:], axis=-1, keepdims=True)
    share = np.where(sine > 1e-9, 2 * np.arctan2(sine, q[..., :1]) / np.maximum(sine, 1e-9), 2.0)
    result: np.ndarray = q[..., 1:] * share
    return result


def _quaternions(vectors: np.ndarray) -> np.ndarray:
    """Rotation vectors (n, 3), rad -> (n, 4)."""
    half = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True)) / 2
    return np.concatenate([np.cos(half), vectors * (np.sinc(half / np.pi) / 2)], axis=1)
