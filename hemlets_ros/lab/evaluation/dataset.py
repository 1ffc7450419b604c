"""Runs a network on labelled samples; gives its predictions in the camera frame."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from hemlets_ros.geometry.crop import MEAN_BGR, apply_affine, crop_person
from hemlets_ros.geometry.depth_frame import CAMERA, at_root, crop_rotations
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.inference import Backend
from hemlets_ros.lab.datasets.detector_noise import as_detected
from hemlets_ros.lab.datasets.sample import Sample
from hemlets_ros.model.decode import crop_keypoints, decode
from hemlets_ros.people import Box, Crop
from hemlets_ros.refinement.bone_lengths import with_likely_bones
from hemlets_ros.refinement.left_right import corrected_keypoints
from hemlets_ros.skeleton import INDEX, JOINT_COUNT


@dataclass(frozen=True)
class Evaluated:
    """Predictions and ground truth of N samples, both at the true root depth: errors exclude distance."""

    actions: list[str]
    seen: np.ndarray  # (N,) share of visible COCO keypoints (ground truth); NaN if unknown
    predicted_px: np.ndarray  # (N, 18, 2) image px
    truth_px: np.ndarray  # (N, 18, 2)
    known_2d: np.ndarray  # (N, 18) bool
    torso_px: np.ndarray  # (N,)
    full: np.ndarray  # (N,) bool: 3D ground truth is known
    predicted_mm: np.ndarray  # (N, 18, 3) camera frame; NaN where not full
    truth_mm: np.ndarray  # (N, 18, 3)
    confidence: np.ndarray  # (N, 18)


def evaluate_samples(backend: Backend, samples: Iterable[Sample], flip: bool = False, batch_size: int = 16,
                     image: bool = True, keypoints: bool = True, steady_bones: bool = False) -> Evaluated:
    """Predicts all samples from crops made as in the pipeline.

    Args:
        image: use the image; False: a crop of the mean colour.
        keypoints: use the detector's keypoints (simulated ones for rendered people); False: none.
        steady_bones: apply steady_bones as in the first frame of a track, to samples with 3D ground truth.
    """
    rows, frame = [], backend.config.depth_frame
    nothing = np.full((2, JOINT_COUNT, 3), np.nan)
    for batch in _batches(samples, batch_size):
        crops = [crop_of(sample) for sample in batch]
        images = np.stack([crop.image if image else np.full_like(crop.image, MEAN_BGR) for crop in crops])
        output = backend(images, crop_keypoints(crops) if keypoints else None, flip, corrected_keypoints)
        pose = decode(output.joints, output.spread)
        for sample, crop, crop_px, depth_mm, confidence in zip(
                batch, crops, pose.crop_px, pose.depth_mm, pose.confidence, strict=True):
            px = apply_affine(crop.crop_to_image, crop_px)
            both_mm = nothing
            if is_full(sample):
                both_mm = (_camera_mm(sample, crop, px, depth_mm, frame),
                           _camera_mm(sample, crop, sample.joints_px, sample.depth_mm, CAMERA))
                if steady_bones:
                    both_mm = with_likely_bones(both_mm[0]), both_mm[1]
                    px = Intrinsics(sample.intrinsics_px).project(both_mm[0])
            rows.append((sample, px, confidence, *both_mm))
    truth_px = np.array([sample.joints_px for sample, *_ in rows]).reshape(-1, JOINT_COUNT, 2)
    torso = [INDEX['pelvis'], INDEX['mid_shoulder']]
    return Evaluated(
        actions=[sample.action for sample, *_ in rows],
        seen=np.array([_share_seen(sample) for sample, *_ in rows], float),
        predicted_px=np.array([px for _, px, *_ in rows]).reshape(-1, JOINT_COUNT, 2), truth_px=truth_px,
        known_2d=np.array([sample.known_2d for sample, *_ in rows]).reshape(-1, JOINT_COUNT),
        torso_px=np.linalg.norm(truth_px[:, torso[0]] - truth_px[:, torso[1]], axis=-1),
        full=np.array([is_full(sample) for sample, *_ in rows], bool),
        predicted_mm=np.array([predicted_mm for *_, predicted_mm, _ in rows]).reshape(-1, JOINT_COUNT, 3),
        truth_mm=np.array([truth_mm for *_, truth_mm in rows]).reshape(-1, JOINT_COUNT, 3),
        confidence=np.array([confidence for _, _, confidence, *_ in rows]).reshape(-1, JOINT_COUNT))


def crop_of(sample: Sample) -> Crop:
    """The crop of the sample's person, with real or simulated detector keypoints."""
    keypoints = as_detected(sample, np.random.default_rng(zlib.crc32(sample.key.encode())))
    box = Box(sample.box_px, 1.0) if keypoints is None else \
        Box(sample.box_px, 1.0, keypoints[:, :2], keypoints[:, 2])
    return crop_person(sample.image, box, frame_px=sample.borders_px)


def is_full(sample: Sample) -> bool:
    """Whether 3D ground truth is known."""
    return bool(sample.known_depth.all() and sample.known_2d.all()) and sample.root_mm is not None \
        and sample.intrinsics_px is not None


def _share_seen(sample: Sample) -> float:
    exact = sample.keypoints_px is not None and sample.keypoints_exact
    return float((sample.keypoints_px[:, 2] > 0).mean()) if exact else np.nan


def _camera_mm(sample: Sample, crop: Crop, px: np.ndarray, depth_mm: np.ndarray, frame: str) -> np.ndarray:
    """Joints (18, 3) mm in the camera frame, at the true root depth, from depths measured in `frame`."""
    intrinsics = Intrinsics(sample.intrinsics_px)
    rotations = crop_rotations(frame, intrinsics, [crop.crop_to_image])
    return at_root(intrinsics.rays(px)[None], depth_mm[None], sample.root_mm[None], rotations)[0]


def _batches(samples: Iterable[Sample], size: int) -> Iterator[list[Sample]]:
    iterator = iter(samples)
    while batch := list(itertools.islice(iterator, size)):
        yield batch
