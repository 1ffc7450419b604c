"""Inputs of the body head for one person, besides image features: joints and their rotations."""

from __future__ import annotations

from typing import Final

import numpy as np

from hemlets_ros.body.bones import BONE_INDEX, REST_OFFSETS_MM
from hemlets_ros.body.from_joints import body_rotations
from hemlets_ros.body.kinematics import world_rotations
from hemlets_ros.body.twist_memory import TwistMemory
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.skeleton import BONES, COCO_FACE, INDEX, ROOT

#: Bones whose rotations joints tell; the others follow these.
_TOLD: Final = [BONE_INDEX[name] for name in (
    'pelvis', 'spine3', 'head', *(f'{side}_{bone}' for side in 'lr'
                                  for bone in ('shoulder', 'elbow', 'hip', 'knee')))]
_MM: Final = 300.0  # what counts as 1
_FACE: Final = 0.03  # of the crop, for the face
_LEAST_SCORE: Final = 0.05  # of a keypoint
FACE_COUNT: Final = 3 * len(COCO_FACE)


class _EachAlone(TwistMemory):
    """In place of a TwistMemory: frames of different people, which remember nothing."""

    def __call__(self, limb: str, twist_rad: np.ndarray, telling: np.ndarray) -> np.ndarray:
        return np.asarray(np.angle(telling * np.exp(1j * twist_rad) + (1 - telling) * _REST))


_REST = 0.05


def implied_turns(joints_mm: np.ndarray) -> np.ndarray:
    """(N, 24, 4) from the rest pose to the joints' frame, of N people of usual size, each seen once.

    joints_mm: (N, 18, 3).
    """
    return world_rotations(body_rotations(joints_mm, REST_OFFSETS_MM, _EachAlone()))


def face_inputs(keypoints: np.ndarray | None, crop_joints: np.ndarray) -> np.ndarray:
    """(N, FACE_COUNT) where a detector sees nose, eyes and ears, from the joint `nose`; 0 where it does not.

    Args:
        keypoints: (N, 17, 3) of `decode.crop_keypoints`; None: there are none.
        crop_joints: (N, 18, 2) in [-0.5, 0.5] of the crop.
    """
    if keypoints is None:
        return np.zeros((len(crop_joints), FACE_COUNT))
    face = keypoints[:, COCO_FACE]
    seen = face[..., 2:] > _LEAST_SCORE
    offsets = np.where(seen, (face[..., :2] - crop_joints[:, [INDEX['nose']]]) / _FACE, 0.0)
    return np.concatenate([np.clip(offsets, -3, 3), face[..., 2:] * seen], axis=-1).reshape(len(face), -1)


def head_inputs(joints_mm: np.ndarray, turns: np.ndarray, confidence: np.ndarray,
                face: np.ndarray) -> np.ndarray:
    """(N, INPUT_COUNT) float32.

    Args:
        joints_mm: (N, 18, 3) of people at the usual size (skeleton.PRIOR_HEIGHT_M), in a frame whose z axis
            is the ray through the person, y down.
        turns: (N, 24, 4) of `implied_turns`.
        confidence: (N, 18).
        face: (N, FACE_COUNT) of `face_inputs`.
    """
    joints = (joints_mm - joints_mm[:, [ROOT]]) / _MM
    lengths = np.linalg.norm(joints[:, BONES[:, 0]] - joints[:, BONES[:, 1]], axis=-1)
    columns = quat.to_matrix(turns[:, _TOLD])[..., :2]
    return np.concatenate([joints.reshape(len(joints), -1), lengths, columns.reshape(len(joints), -1),
                           confidence, face], axis=1).astype(np.float32)


INPUT_COUNT: Final = 18 * 3 + len(BONES) + 6 * len(_TOLD) + 18 + FACE_COUNT
