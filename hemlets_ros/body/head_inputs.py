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

#: Bones whose rotations the joints determine; the other bones follow these.
_MEASURED: Final = [BONE_INDEX[name] for name in (
    'pelvis', 'spine3', 'head', *(f'{side}_{bone}' for side in 'lr'
                                  for bone in ('shoulder', 'elbow', 'hip', 'knee')))]
_MM: Final = 300.0  # scale of the joints' inputs
_FACE: Final = 0.03  # scale of the face's inputs, relative to the crop
_LEAST_SCORE: Final = 0.05  # of a keypoint that is used
FACE_COUNT: Final = 3 * len(COCO_FACE)


class _NoMemory(TwistMemory):
    """A TwistMemory without memory, for frames of different people."""

    def __call__(self, limb: str, twist_rad: np.ndarray, weight: np.ndarray) -> np.ndarray:
        return np.asarray(np.angle(weight * np.exp(1j * twist_rad) + (1 - weight) * _REST_WEIGHT))


_REST_WEIGHT = 0.05


def implied_turns(joints_mm: np.ndarray) -> np.ndarray:
    """(N, 24, 4) from the rest pose to the frame of the joints, for N people of usual size, one frame each.

    joints_mm: (N, 18, 3).
    """
    return world_rotations(body_rotations(joints_mm, REST_OFFSETS_MM, _NoMemory()))


def face_inputs(keypoints: np.ndarray | None, crop_joints: np.ndarray) -> np.ndarray:
    """(N, FACE_COUNT) the detector's nose, eyes and ears relative to the joint `nose`; 0 if not detected.

    Args:
        keypoints: (N, 17, 3) of `decode.crop_keypoints`; None: no keypoints.
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
    """The inputs of the body head, (N, INPUT_COUNT) float32.

    Args:
        joints_mm: (N, 18, 3) of people at the usual size (skeleton.PRIOR_HEIGHT_M), in a frame whose z axis
            is the ray through the person, y down.
        turns: (N, 24, 4) of `implied_turns`.
        confidence: (N, 18).
        face: (N, FACE_COUNT) of `face_inputs`.
    """
    joints = (joints_mm - joints_mm[:, [ROOT]]) / _MM
    lengths = np.linalg.norm(joints[:, BONES[:, 0]] - joints[:, BONES[:, 1]], axis=-1)
    columns = quat.to_matrix(turns[:, _MEASURED])[..., :2]
    return np.concatenate([joints.reshape(len(joints), -1), lengths, columns.reshape(len(joints), -1),
                           confidence, face], axis=1).astype(np.float32)


INPUT_COUNT: Final = 18 * 3 + len(BONES) + 6 * len(_MEASURED) + 18 + FACE_COUNT
