"""Augmentation: sample -> crop and labels, cut, rotated, shifted, scaled and mirrored."""

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
from hemlets_ros.lab.training.cut import cut_person
from hemlets_ros.lab.training.photometric import draw
from hemlets_ros.lab.training.recipe import AugmentationSettings
from hemlets_ros.people import Box
from hemlets_ros.skeleton import COCO_MIRROR, COCO_NAMES, MIRROR, PART_MIRROR, PARTS

#: The borders of an image that has none.
_EVERYTHING = np.array([-1e6, -1e6, 1e6, 1e6])


def training_crop(sample: Sample, settings: AugmentationSettings, rng: np.random.Generator,
                  weight: float = 1.0, size_px: int = CROP_SIZE_PX, frame: str = CAMERA) -> dict[str, Any]:
    """Crop and labels, ready to be batched.

    Returns image (size_px, size_px, 3) uint8 BGR, the whole crop however small, and what else `crop_labels`
    gives.
    """
    labels = crop_labels(sample, settings, rng, weight, size_px, frame)
    image = cv2.warpAffine(sample.image, scaled_affine(labels['crop_to_image'], size_px), (size_px, size_px),
                           flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                           borderMode=cv2.BORDER_CONSTANT, borderValue=MEAN_BGR)
    return {'image': image} | labels


def scaled_affine(crop_to_image: np.ndarray, size_px: int) -> np.ndarray:
    """The affine (2, 3) to px of the image, of crops of 256 px -> of the same crop in another size."""
    shrink = CROP_SIZE_PX / size_px
    return np.column_stack([crop_to_image[:, :2] * shrink,
                            apply_affine(crop_to_image, np.full(2, (shrink - 1) / 2))])


def crop_labels(sample: Sample, settings: AugmentationSettings, rng: np.random.Generator,
                weight: float = 1.0, size_px: int = CROP_SIZE_PX, frame: str = CAMERA) -> dict[str, Any]:
    """All of a training crop but its pixels, ready to be batched.

    Returns keypoints (17, 3), COCO's as a detector gives them, x and y in [-0.5, 0.5] of the crop, and score;
    the fields of `loss.Labels`; what `photometric.vary` is to do to the pixels; and, to come back to the
    camera: crop_to_image (2, 3) for crops of 256 px, mirrored, intrinsics (3, 3) and root_mm (3,), NaN where
    unknown; depth_turn (3, 3) to the frame that depth is measured in. `frame` says which (`depth_frame`);
    where no intrinsics or no pelvis are known, it stays the sample's.

    Joints count up to half a crop beyond the crop's border (known_2d), in heatmaps only within (known_map).
    """
    mirrored = bool(rng.random() < settings.flip)
    if rng.random() < settings.cut:
        sample = cut_person(sample, rng)
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
        'frame_px': _EVERYTHING if sample.frame_px is None else sample.frame_px,
        'key': sample.key} | draw(settings, size_px, rng)


def _in_frame(sample: Sample, to_image: np.ndarray, frame: str) -> tuple[Sample, np.ndarray]:
    """The sample with its depths measured in the crop's frame, and the turn (3, 3) from the camera to it."""
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
    """(4,) what the pipeline would make the crop of; also of a detector that gives no keypoints."""
    box = Box(sample.box_px, 1.0)
    if detected is not None and rng.random() >= settings.prior_dropout / 2:
        box = Box(sample.box_px, 1.0, detected[:, :2], detected[:, 2])
    return region_px(box, sample.borders_px)


def _crop_keypoints(keypoints: np.ndarray | None, to_image: np.ndarray, mirrored: bool) -> np.ndarray:
    """(17, 3) float32, of the crop; all 0 where there are none."""
    if keypoints is None:
        return np.zeros((len(COCO_NAMES), 3), np.float32)
    places = apply_affine(invert_affine(to_image), keypoints[:, :2])
    result = np.column_stack([crop_positions(places), keypoints[:, 2]]).astype(np.float32)
    return result[COCO_MIRROR] if mirrored else result


def _varied_affine(region: np.ndarray, settings: AugmentationSettings, rng: np.random.Generator,
                   mirrored: bool) -> np.ndarray:
    """(2, 3) affine from px of the varied crop to px of the image."""
    angle, scale, *shift = np.clip(rng.standard_normal(4), -2, 2) * [
        np.radians(settings.rotation_deg), settings.scale, settings.shift, settings.shift]
    turn = np.exp(scale) * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if mirrored:
        turn = turn @ np.diag([-1.0, 1.0])
    centre = np.full(2, (CROP_SIZE_PX - 1) / 2)
    inner = np.column_stack([turn, centre + np.array(shift) * CROP_SIZE_PX - turn @ centre])
    outer = crop_to_image(region, CROP_SIZE_PX, settings.margin)
    return np.column_stack([outer[:, :2] @ inner[:, :2], apply_affine(outer, inner[:, 2])])
