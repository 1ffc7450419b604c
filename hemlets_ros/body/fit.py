"""Fits a body of given bone lengths to seen joints, near given rotations: Gauss-Newton on all rotations at once.

Joints settle where bones point; what they do not tell (twists of limbs, hands, feet) stays as given. Bones that
leave what people's joints allow are pulled back.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from hemlets_ros.body import quaternions as quat
from hemlets_ros.body.bones import (
    BONE_COUNT,
    BONE_INDEX,
    BONE_NAMES,
    JOINT_OF_BONE,
    PARENTS,
    REST_ENDS_MM,
    REST_OFFSETS_MM,
)
from hemlets_ros.body.joint_limits import HIGH_RAD, LOW_RAD
from hemlets_ros.body.kinematics import joints_mm as bone_starts
from hemlets_ros.body.kinematics import world_rotations
from hemlets_ros.skeleton import INDEX, JOINT_COUNT

_STEPS: Final = 3
_JOINT_MM: Final = 30.0  # how far off seen joints of full confidence may be
_TURN_RAD: Final = np.radians(12.0)  # and given rotations
_LIMIT_RAD: Final = np.radians(3.0)
#: Of the nose, seen from the head's start at rest: skeleton.PRIOR_LENGTHS_MM's distances from neck and crown.
NOSE_MM: Final = np.array([0.0, 30.0, 85.0])


def _carriers() -> tuple[np.ndarray, np.ndarray]:
    """(18,) the bone that carries each joint, and (18, 3) where it is from that bone's start, of the usual body."""
    carrier, at = np.zeros(JOINT_COUNT, int), np.zeros((JOINT_COUNT, 3))
    for bone, joint in JOINT_OF_BONE.items():
        carrier[INDEX[joint]] = BONE_INDEX[bone]
    for joint, place in (('nose', NOSE_MM), ('head_top', REST_ENDS_MM['head'])):
        carrier[INDEX[joint]], at[INDEX[joint]] = BONE_INDEX['head'], place
    shoulders = REST_OFFSETS_MM[[BONE_INDEX['l_clavicle'], BONE_INDEX['l_shoulder']]].sum(axis=0)
    carrier[INDEX['mid_shoulder']], at[INDEX['mid_shoulder']] = BONE_INDEX['spine3'], shoulders * [0, 1, 1]
    return carrier, at


_CARRIER, _AT_MM = _carriers()


def _moved_by() -> np.ndarray:
    """(18, 24) which bones' rotations move each joint."""
    result = np.zeros((JOINT_COUNT, BONE_COUNT))
    for joint in range(JOINT_COUNT):
        bone = int(_CARRIER[joint])
        if not _AT_MM[joint].any():  # it is where the bone starts, which its own rotation does not move
            bone = PARENTS[bone]
        while bone >= 0:
            result[joint, bone] = 1.0
            bone = PARENTS[bone]
    return result


_MOVED_BY = _moved_by()


def body_joints_mm(root_mm: np.ndarray, rotations: np.ndarray, offsets_mm: np.ndarray) -> np.ndarray:
    """The joints (18, 3) of a body, by skeleton.JOINT_NAMES.

    Args:
        root_mm: (3,) the pelvis.
        rotations: (24, 4) against the parents, the pelvis' from the rest pose to the frame of root_mm.
        offsets_mm: (24, 3), as bones.REST_OFFSETS_MM.
    """
    starts = bone_starts(root_mm[None], rotations[None], offsets_mm)[0]
    turned = quat.to_matrix(world_rotations(rotations[None])[0])
    return _joints(starts, turned, _scale(offsets_mm))


def fitted(joints_mm: np.ndarray, confidence: np.ndarray, rotations: np.ndarray,
           offsets_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pelvis (3,) and rotations (24, 4) of a body near the given rotations, whose joints meet seen ones.

    Args:
        joints_mm: (18, 3) seen.
        confidence: (18,) 0..1.
        rotations: (24, 4) against the parents; the pelvis' from the rest pose to the joints' frame.
        offsets_mm: (24, 3) the body.
    """
    weight = np.repeat(np.clip(confidence, 0.05, 1.0) / _JOINT_MM, 3)
    root_mm, now, scale = joints_mm[INDEX['pelvis']].copy(), rotations, _scale(offsets_mm)
    count = 3 * BONE_COUNT
    slopes = np.zeros((3 * JOINT_COUNT, count + 3))
    slopes[:, count:] = np.tile(np.eye(3), (JOINT_COUNT, 1))
    for _ in range(_STEPS):
        starts = bone_starts(root_mm[None], now[None], offsets_mm)[0]
        turned = quat.to_matrix(world_rotations(now[None])[0])
        joints = _joints(starts, turned, scale)
        arms = (joints[:, None] - starts) * _MOVED_BY[..., None]  # (18, 24, 3)
        # Turning by a small angle about a bone's own axis moves a joint by the axis times its arm.
        by_axis = np.cross(turned.transpose(0, 2, 1)[None], arms[:, :, None])  # (18, 24, axis, xyz)
        slopes[:, :count] = by_axis.transpose(0, 3, 1, 2).reshape(3 * JOINT_COUNT, count)
        weighted = slopes * weight[:, None]
        away = _vectors(quat.multiply(quat.inverse(rotations), now)).ravel()
        angles = _vectors(now)
        back = np.clip(angles, LOW_RAD, HIGH_RAD) - angles
        beyond = (back.ravel() != 0) / _LIMIT_RAD ** 2
        held = np.zeros(count + 3)
        held[:count] = 1 / _TURN_RAD ** 2 + beyond
        held[count:] = 1e-6
        wanted = weighted.T @ (weight * (joints_mm - joints).ravel())
        wanted[:count] += beyond * back.ravel() - away / _TURN_RAD ** 2
        step = np.linalg.solve(weighted.T @ weighted + np.diag(held), wanted)
        now = quat.unit(quat.multiply(now, _quaternions(step[:count].reshape(BONE_COUNT, 3))))
        root_mm = root_mm + step[count:]
    return root_mm, now


def _scale(offsets_mm: np.ndarray) -> np.ndarray:
    """(18, 1) how large the body is against the usual one, where joints lie beside bones' starts."""
    head, chest = (np.linalg.norm(offsets_mm[BONE_INDEX[name]]) / np.linalg.norm(REST_OFFSETS_MM[BONE_INDEX[name]])
                   for name in ('head', 'neck'))
    return np.where(_CARRIER == BONE_INDEX['head'], head, chest)[:, None]


def _joints(starts: np.ndarray, turned: np.ndarray, scale: np.ndarray) -> np.ndarray:
    joints: np.ndarray = starts[_CARRIER] + np.einsum('jab,jb->ja', turned[_CARRIER], _AT_MM * scale)
    return joints


def _vectors(q: np.ndarray) -> np.ndarray:
    """Rotation vectors (..., 3), rad, of quaternions (..., 4)."""
    q = np.where(q[..., :1] < 0, -q, q)
    sine = np.linalg.norm(q[..., 1:], axis=-1, keepdims=True)
    share = np.where(sine > 1e-9, 2 * np.arctan2(sine, q[..., :1]) / np.maximum(sine, 1e-9), 2.0)
    result: np.ndarray = q[..., 1:] * share
    return result


def _quaternions(vectors: np.ndarray) -> np.ndarray:
    return quat.about(vectors, np.linalg.norm(vectors, axis=-1))


assert len(BONE_NAMES) == BONE_COUNT
