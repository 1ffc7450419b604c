"""Keypoints -> network input, and network output -> crop pixels and depth in mm. Pure batched functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hemlets_ros.geometry.crop import apply_affine, invert_affine
from hemlets_ros.geometry.volume import CROP_SIZE_PX, DEPTH_RANGE_MM, crop_positions, volume_to_crop_px
from hemlets_ros.people import Crop
from hemlets_ros.skeleton import COCO_MIRROR, COCO_NAMES, mirrored

#: Calibration of confidence: standard deviation of a joint's softmax volume -> share of joints with that
#: spread whose error is below 100 mm. Measured with the bundled weights on held-out generated people
#: (docs/model_card.md); the last entry is a uniform volume.
_SPREAD = (0.0, 0.058, 0.066, 0.072, 0.077, 0.084, 0.095, 0.115, 0.136, 0.18, 0.286, 0.5)
_CONFIDENCE = (1.0, 0.98, 0.94, 0.85, 0.77, 0.63, 0.51, 0.35, 0.25, 0.15, 0.05, 0.0)


@dataclass(frozen=True)
class Pose:
    """Poses of N people in the coordinates of their crops."""

    crop_px: np.ndarray  # (N, 18, 2) px of the crop
    depth_mm: np.ndarray  # (N, 18), relative to the depth of the pelvis
    confidence: np.ndarray  # (N, 18), 0..1
    #: Feature maps (N, C, M, M) of the network by name; None: not requested.
    features: Mapping[str, np.ndarray] | None = None

    def select(self, rows: np.ndarray) -> Pose:
        """The poses of the people at these indices."""
        features = None if self.features is None else {
            name: maps[rows] for name, maps in self.features.items()}
        return Pose(self.crop_px[rows], self.depth_mm[rows], self.confidence[rows], features)


def joined(poses: Sequence[Pose]) -> Pose:
    """Concatenates the poses of several batches."""
    crop_px, depth_mm, confidence = (np.concatenate([getattr(pose, name) for pose in poses])
                                     for name in ('crop_px', 'depth_mm', 'confidence'))
    several = [pose.features for pose in poses if pose.features is not None]
    features = {name: np.concatenate([each[name] for each in several]) for name in several[0]} \
        if len(several) == len(poses) else None
    return Pose(crop_px, depth_mm, confidence, features)


def crop_keypoints(crops: Sequence[Crop]) -> np.ndarray:
    """The detector's keypoints of each crop as network input.

    Returns (N, 17, 3) float32: x and y in [-0.5, 0.5] of the crop, and score; 0 if absent.
    """
    result = np.zeros((len(crops), len(COCO_NAMES), 3), np.float32)
    for row, crop in zip(result, crops, strict=True):
        points, scores = crop.box.keypoints_px, crop.box.keypoint_scores
        if points is not None:
            places = apply_affine(invert_affine(crop.crop_to_image), np.asarray(points, float))
            row[:, :2] = crop_positions(places)
            row[:, 2] = 1 if scores is None else scores
    result[~np.isfinite(result).all(axis=-1)] = 0
    return result


def mirror_keypoints(keypoints: np.ndarray) -> np.ndarray:
    """Mirrors keypoints (N, 17, 3) of `crop_keypoints`, as for mirrored crops."""
    swapped = keypoints[:, COCO_MIRROR]
    swapped[..., 0] = -swapped[..., 0] - 1 / CROP_SIZE_PX
    return swapped


def average_with_flip(joints: np.ndarray, flipped: np.ndarray) -> np.ndarray:
    """Averages the network's joints (N, 18, 3) with those predicted for the mirrored crops.

    The authors mirror crop pixels by x' = 256 - x - 1; with x = (u + 0.5) * 256 that is u' = -u - 1/256.
    """
    back = mirrored(flipped)
    back[..., 0] = -back[..., 0] - 1 / CROP_SIZE_PX
    mean: np.ndarray = (joints + back) / 2
    return mean


def decode(joints: np.ndarray, spread: np.ndarray,
           features: Mapping[str, np.ndarray] | None = None) -> Pose:
    """Network output (N, 18, 3) in [-0.5, 0.5] and its spread (N, 18) -> poses in the crop."""
    joints = np.asarray(joints, float)
    return Pose(crop_px=volume_to_crop_px(joints[..., :2]),
                depth_mm=joints[..., 2] * DEPTH_RANGE_MM,
                confidence=np.interp(np.asarray(spread, float), _SPREAD, _CONFIDENCE), features=features)
