"""Geometric augmentation: makes a cut, rotated, shifted, scaled and mirrored crop with its labels."""

from __future__ import annotations

import dataclasses
from typing import Any

import cv2
import numpy as np

from hemlets_ros.geometry.crop import MEAN_BGR, apply_affine, crop_to_image, invert_affine
from hemlets_ros.geometry.crop_region import region_px
from hemlets_ros.geometry.depth_frame import CAMERA, at_root, crop_rotations, from_camera
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.geometry.volume import CROP_SIZE_PX, DEPTH_RANGE_MM, crop_positions
from hemlets_ros.lab.datasets.detector_noise import as_detected
from hemlets_ros.lab.datasets.sample import Sample, ordinal_of
from hemlets_ros.lab.training.cut import truncate_person
from hemlets_ros.lab.training.photometric import draw
from hemlets_ros.lab.training.recipe import AugmentationSettings
from hemlets_ros.people import Box
from hemlets_ros.skeleton import COCO_MIRROR, COCO_NAMES, MIRROR, PART_MIRROR, PARTS

#: Image borders (left, top, right, bottom) in px that exclude nothing, for samples without known borders.
_NO_BORDERS_PX = np.array([-1e6, -1e6, 1e6, 1e6])


def training_crop(sample: Sample, settings: AugmentationSettings, rng: np.random.Generator,
                  weight: float = 1.0, size_px: int = CROP_SIZE_PX, frame: str = CAMERA) -> dict[str, Any]:
    """Crop and labels of a sample, ready to be batched.

    Returns the dictionary of `crop_labels` and `image` (size_px, size_px, 3) uint8 BGR. The image always
    shows the whole crop; a smaller size_px lowers the resolution.
    """
    labels = crop_labels(sample, settings, rng, weight, size_px, frame)
    image = cv2.warpAffine(sample.image, scaled_affine(labels['crop_to_image'], size_px), (size_px, size_px),
                           flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                           borderMode=cv2.BORDER_CONSTANT, borderValue=MEAN_BGR)
    return {'image': image} | labels


def scaled_affine(crop_to_image: np.ndarray, size_px: int) -> np.ndarray:
    """Converts crop_to_image (2, 3) of a 256 px crop to that of the same crop at size_px."""
    shrink = CROP_SIZE_PX / size_px
    return np.column_stack([crop_to_image[:, :2] * shrink,
                            apply_affine(crop_to_image, np.full(2, (shrink - 1) / 2))])


def crop_labels(sample: Sample, settings: AugmentationSettings, rng: np.random.Generator,
                weight: float = 1.0, size_px: int = CROP_SIZE_PX, frame: str = CAMERA) -> dict[str, Any]:
    """Labels and augmentation parameters of a training crop, ready to be batched; all but the pixels.

    Returns a dictionary of:
        keypoints (17, 3): COCO keypoints of a detector, x and y in [-0.5, 0.5] of the crop, and score.
        The fields of `loss.Labels`.
        The parameters of `photometric.vary`.
        crop_to_image (2, 3) for crops of 256 px, mirrored, intrinsics (3, 3), root_mm (3,) and depth_turn
        (3, 3), which converts predictions back to the camera frame. Unknown values are NaN.

    Depth is measured in `frame` (see `depth_frame`), or in the sample's frame if its intrinsics or pelvis
    position are unknown. depth_turn is the rotation from the camera frame to the frame of the depth.

    A joint has a 2D label (known_2d) up to half a crop beyond the crop's border; it has a heatmap (known_map)
    only inside the crop.
    """
    mirrored = bool(rng.random() < settings.flip)
    if rng.random() < settings.cut:
        sample = truncate_person(sample, rng)
    detected = as_detected(sample, rng, settings.real_keypoints)
    to_image = _varied_affine(_region(sample, detected, settings, rng), settings, rng, mirrored)
    crop_px = apply_affine(invert_affine(to_image), np.nan_to_num(sample.joints_px))
    inside, near = (((crop_px >= -room) & (crop_px <= CROP_SIZE_PX + room)).all(axis=1)
                    for room in (0, CROP_SIZE_PX / 2))
    sample, turn = _in_frame(sample, to_image, frame)
    joints = np.column_stack([crop_positions(crop_px),
                              np.nan_to_num(sample.depth_mm) / DEPTH_RANGE_MM])
    known_2d, known_map = sample.known_2d & near, sample.known_2d & inside
    known_depth = sample.known_depth & (np.abs(joints[:, 2]) <= 0.5)
    ordinal, known_ordinal = sample.ordinal, sample.known_ordinal
    if mirrored:
        joints, known_depth = joints[MIRROR], known_depth[MIRROR]
        known_2d, known_map = known_2d[MIRROR], known_map[MIRROR]
        ordinal, known_ordinal = ordinal[PART_MIRROR], known_ordinal[PART_MIRROR]
    shown = None if rng.random() < settings.prior_dropout else detected
    unknown = np.full((3, 3), np.nan)
    return {
        'keypoints': _crop_keypoints(shown, to_image, mirrored), 'joints': joints.astype(np.float32),
        'known_2d': known_2d, 'known_map': known_map, 'known_depth': known_depth,
        'ordinal': ordinal, 'known_ordinal': known_ordinal,
        'weight': np.float32(weight), 'crop_to_image': to_image, 'mirrored': mirrored,
        'intrinsics': unknown if sample.intrinsics_px is None else sample.intrinsics_px,
        'root_mm': unknown[0] if sample.root_mm is None else sample.root_mm, 'depth_turn': turn,
        'frame_px': _NO_BORDERS_PX if sample.frame_px is None else sample.frame_px,
        'key': sample.key} | draw(settings, size_px, rng)


def _in_frame(sample: Sample, to_image: np.ndarray, frame: str) -> tuple[Sample, np.ndarray]:
    """The sample with its depths in the crop's frame, and the rotation (3, 3) from the camera frame to it."""
    known = sample.known_depth & sample.known_2d
    if frame == CAMERA or sample.intrinsics_px is None or sample.root_mm is None or not known.any():
        return sample, np.eye(3)
    intrinsics = Intrinsics(sample.intrinsics_px)
    rotations = crop_rotations(frame, intrinsics, [to_image])
    rays, depth_mm = intrinsics.rays(np.nan_to_num(sample.joints_px)), np.nan_to_num(sample.depth_mm)
    joints_mm = at_root(rays[None], depth_mm[None], sample.root_mm[None])
    depth_mm = from_camera(joints_mm - sample.root_mm, rotations)[0, :, 2]
    ordinal = np.where(known[PARTS].all(axis=1), ordinal_of(depth_mm), sample.ordinal)
    return dataclasses.replace(sample, depth_mm=depth_mm, known_depth=known, ordinal=ordinal), rotations[0]


def _region(sample: Sample, detected: np.ndarray | None, settings: AugmentationSettings,
            rng: np.random.Generator) -> np.ndarray:
    """Crop region (4,) as the pipeline computes it; at random as for a detector without keypoints."""
    box = Box(sample.box_px, 1.0)
    if detected is not None and rng.random() >= settings.prior_dropout / 2:
        box = Box(sample.box_px, 1.0, detected[:, :2], detected[:, 2])
    return region_px(box, sample.borders_px)


def _crop_keypoints(keypoints: np.ndarray | None, to_image: np.ndarray, mirrored: bool) -> np.ndarray:
    """Keypoints in crop coordinates (17, 3) float32; all 0 without keypoints."""
    if keypoints is None:
        return np.zeros((len(COCO_NAMES), 3), np.float32)
    places = apply_affine(invert_affine(to_image), keypoints[:, :2])
    result = np.column_stack([crop_positions(places), keypoints[:, 2]]).astype(np.float32)
    return result[COCO_MIRROR] if mirrored else result


def _varied_affine(region: np.ndarray, settings: AugmentationSettings, rng: np.random.Generator,
                   mirrored: bool) -> np.ndarray:
    """Affine transform (2, 3) from px of the augmented crop to px of the image."""
    angle, scale, *shift = np.clip(rng.standard_normal(4), -2, 2) * [
        np.radians(settings.rotation_deg), settings.scale, settings.shift, settings.shift]
    turn = np.exp(scale) * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if mirrored:
        turn = turn @ np.diag([-1.0, 1.0])
    centre = np.full(2, (CROP_SIZE_PX - 1) / 2)
    inner = np.column_stack([turn, centre + np.array(shift) * CROP_SIZE_PX - turn @ centre])
    outer = crop_to_image(region, CROP_SIZE_PX, settings.margin)
    return np.column_stack([outer[:, :2] @ inner[:, :2], apply_affine(outer, inner[:, 2])])
