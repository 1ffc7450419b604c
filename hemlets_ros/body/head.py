"""The body head: corrects the rotations computed from the joints, and estimates the body's shape.

It is a small network on top of the pose network, whose weights are frozen. Its inputs for rotations are the
joints, their confidence and the detector's face keypoints. The pose network's feature maps did not improve
the rotations (docs/bodies.md); they are inputs for the shape only. hemlets_ros/lab/bodies trains it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import safetensors

from hemlets_ros.body.bones import BONE_COUNT, BONE_MIRROR
from hemlets_ros.body.head_inputs import INPUT_COUNT, face_inputs, head_inputs, implied_turns
from hemlets_ros.body.image_features import PLACE_COUNT, places, sampled
from hemlets_ros.errors import WeightsError
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.skeleton import COCO_MIRROR, INDEX, JOINT_COUNT, MIRROR

_HANDS, _FEET = slice(JOINT_COUNT, JOINT_COUNT + 2), slice(JOINT_COUNT + 2, PLACE_COUNT)
_MIRRORED_POINT: Final = np.array([-1.0, 1.0, 1.0])
_MIRRORED_TURN: Final = np.array([1.0, 1.0, -1.0, -1.0])  # of quaternions, where x is mirrored


def _groups() -> tuple[list[int], ...]:
    head = [INDEX[name] for name in ('neck', 'nose', 'head_top')]
    hands, feet = ([INDEX[f'{side}_{joint}'] for side in 'lr'] + list(range(PLACE_COUNT))[beside]
                   for joint, beside in (('wrist', _HANDS), ('ankle', _FEET)))
    told = {*head, *hands, *feet}
    return head, hands, feet, [place for place in range(JOINT_COUNT) if place not in told]


#: Points (image_features.py) whose features are averaged: head, hands, feet, all others.
GROUPS: Final = _groups()
#: Outputs for the shape: logarithm of the bones' size relative to the usual size, height, and values of
#: anny's phenotype: gender 0 male .. 1 female; age 1/3 child, 2/3 young adult, 1 old; others 0..1.
SHAPE: Final = ('log_size', 'height_m', 'age', 'gender', 'weight', 'muscle', 'proportions')
#: Mean and standard deviation of each output over the training data.
SHAPE_SCALE: Final = np.array([[-0.03, 0.07], [1.7, 0.12], [0.75, 0.15], [0.5, 0.4], [0.5, 0.2], [0.5, 0.2],
                               [0.5, 0.13]])


def grouped(features: np.ndarray) -> np.ndarray:
    """Features (N, PLACE_COUNT, C) at points -> (N, len(GROUPS) * C) float32: the mean of each group."""
    return np.concatenate([features[:, group].astype(np.float32).mean(axis=1) for group in GROUPS], axis=1)


class HeadOutput(NamedTuple):
    """The body head's output for N people."""

    turns: np.ndarray  # (N, 24, 4) from the rest pose to the joints' frame
    shape: np.ndarray  # (N, 7) by SHAPE


class BodyHead:
    """Inference of the body head; needs only numpy."""

    def __init__(self, path: Path) -> None:
        """Raises WeightsError for a file that is not a body head."""
        try:
            with safetensors.safe_open(str(path), framework='np') as file:
                metadata = file.metadata() or {}
                self._weights = {key: file.get_tensor(key).astype(np.float32)
                                 for key in file.keys()}  # noqa: SIM118 (not a dict)
            self.features: list[str] = json.loads(metadata['features'])
            #: sha256 of the pose network's weights with which the head was trained.
            self.network: str = metadata['network']
        except (OSError, safetensors.SafetensorError, KeyError, ValueError) as error:
            raise WeightsError(f'{path} is not the weights of a body head: {error!r}') from error
        if self._weights.get('enter.weight', np.zeros((0, 0))).shape[1] != INPUT_COUNT:
            raise WeightsError(f'{path} is a body head for other inputs')
        self._blocks = sum(name.endswith('.0.bias') for name in self._weights if name.startswith('blocks.'))

    def __call__(self, joints_mm: np.ndarray, confidence: np.ndarray, crop_joints: np.ndarray,
                 keypoints: np.ndarray | None, maps: Mapping[str, np.ndarray] | None) -> HeadOutput:
        """The bodies of N people.

        Args:
            joints_mm: (N, 18, 3) at the usual size, with plausible bone lengths, in a frame whose z axis is
                the ray through the centre of the crop.
            confidence: (N, 18).
            crop_joints: (N, 18, 2) in [-0.5, 0.5] of the crop.
            keypoints: (N, 17, 3) of the detector, in the crop, as for `face_inputs`.
            maps: the network's feature maps by name, (N, C, M, M) each; None: without image features.
        """
        features = None if maps is None else grouped(np.concatenate(
            [sampled(maps[name], places(crop_joints)) for name in self.features], axis=2))
        return self.estimate(joints_mm, confidence, crop_joints, keypoints, features)

    def estimate(self, joints_mm: np.ndarray, confidence: np.ndarray, crop_joints: np.ndarray,
                 keypoints: np.ndarray | None, features: np.ndarray | None) -> HeadOutput:
        """As `__call__`, with features of `grouped`."""
        implied = implied_turns(joints_mm)
        turns, shape = self._corrected(implied, joints_mm, confidence, crop_joints, keypoints, features)
        # Flip test: the errors for the mirrored person differ, so the mean of both is more accurate.
        mirrored, _ = self._corrected(
            implied[:, BONE_MIRROR] * _MIRRORED_TURN, joints_mm[:, MIRROR] * _MIRRORED_POINT,
            confidence[:, MIRROR], crop_joints[:, MIRROR] * _MIRRORED_POINT[:2],
            None if keypoints is None else keypoints[:, COCO_MIRROR] * _MIRRORED_POINT, None)
        return HeadOutput(quat.between(turns, mirrored[:, BONE_MIRROR] * _MIRRORED_TURN, 0.5), shape)

    def _corrected(self, implied: np.ndarray, joints_mm: np.ndarray, confidence: np.ndarray,
                   crop_joints: np.ndarray, keypoints: np.ndarray | None,
                   features: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """The corrected rotations (N, 24, 4), and the shape (N, 7)."""
        inputs = head_inputs(joints_mm, implied, confidence, face_inputs(keypoints, crop_joints))
        corrections, shape = self.run(inputs, features)
        return quat.multiply(implied, quat.from_matrix(corrections)), shape

    def run(self, inputs: np.ndarray, features: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """The network: (N, INPUT_COUNT) and features of `grouped` -> (N, 24, 3, 3) and (N, 7)."""
        x = self._layer('enter', inputs)
        for block in range(self._blocks):
            inner = self._layer(f'blocks.{block}.0', x.clip(0)).clip(0)
            x = x + self._layer(f'blocks.{block}.1', inner)
        turns = self._layer('turns', x.clip(0)).reshape(len(inputs), BONE_COUNT, 2, 3)
        image = np.zeros((len(inputs), len(self._weights['shape_image.bias'])), np.float32)
        if features is not None:
            scaled = (features - self._weights['feature_mean']) * self._weights['feature_scale']
            image = self._layer('shape_image', scaled).clip(0)
        known = np.full((len(inputs), 1), features is not None, np.float32)
        joints = self._layer('shape_joints', inputs).clip(0)
        shape = self._layer('shape', np.concatenate([image, joints, known], axis=1))
        return _orthonormal(turns), shape * SHAPE_SCALE[:, 1] + SHAPE_SCALE[:, 0]

    def _layer(self, name: str, x: np.ndarray) -> np.ndarray:
        result: np.ndarray = x @ self._weights[f'{name}.weight'].T + self._weights[f'{name}.bias']
        return result


def _orthonormal(six: np.ndarray) -> np.ndarray:
    """The first two axes (..., 2, 3) -> rotation matrices (..., 3, 3)."""
    first = quat.unit(six[..., 0, :] + [1.0, 0, 0])
    second = six[..., 1, :] + [0, 1.0, 0]
    second = quat.unit(second - (second * first).sum(-1, keepdims=True) * first)
    return np.stack([first, second, np.cross(first, second)], axis=-1)
