"""Crops -> people in 3D: runs the network, decodes, lifts and refines."""

from __future__ import annotations

import logging

import numpy as np

from hemlets_ros.errors import InputError
from hemlets_ros.geometry import lift
from hemlets_ros.geometry.crop import apply_affine, crop_person
from hemlets_ros.geometry.depth_frame import CROP, crop_rotations
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.model import decode
from hemlets_ros.model.pose_model import make_pose_model
from hemlets_ros.people import Box, Crop, Person, WeightsInfo
from hemlets_ros.pipeline.body_estimator import BodyEstimator, Seen
from hemlets_ros.pipeline.joint_visibility import visibility
from hemlets_ros.refinement import Refinement
from hemlets_ros.settings import PoseSettings, RefinementSettings
from hemlets_ros.skeleton import PRIOR_HEIGHT_M
from hemlets_ros.tracking.time_jumps import TimeJumpDetector

_LOGGER = logging.getLogger(__name__)
_SLACK = 0.1  # a person's joints may lie outside the box by this share of its longer side
_HIGH_SCORE = 0.5  # of a keypoint
_MAX_FAR = 1 / 3  # share of the joints inside the image
#: Greatest batch of the network; limits its memory, up to 22 MB per crop on a CPU.
_MAX_BATCH = 32


class PoseEstimator:
    """Turns crops into people in 3D."""

    def __init__(self, pose: PoseSettings, refinement: RefinementSettings) -> None:
        self._settings, self._refinement = pose, Refinement(refinement)
        self._model = make_pose_model(pose)
        self._stamps = TimeJumpDetector()
        self._bodies = BodyEstimator(self.weights) if pose.body else None
        if self.weights.warning:
            _LOGGER.warning(self.weights.warning)

    @property
    def weights(self) -> WeightsInfo:
        """The weights of the network."""
        return self._model.weights

    def reset(self) -> None:
        """Resets all filters."""
        self._refinement.reset()
        if self._bodies is not None:
            self._bodies.reset()

    def change(self, pose: PoseSettings, refinement: RefinementSettings) -> None:
        """Applies settings that can change while running (`live` in the settings)."""
        if pose.person_height_m != self._settings.person_height_m:
            self.reset()  # it changes all distances
        self._settings = pose
        self._refinement.change(refinement)

    @property
    def device(self) -> str:
        """The device of the network."""
        return self._model.device

    @property
    def backend(self) -> str:
        """The inference backend of the network."""
        return self._model.backend

    def warm_up(self) -> None:
        """Runs the network once, because the first run is many times slower than others."""
        image = np.zeros((CROP_SIZE_PX, CROP_SIZE_PX, 3), np.uint8)
        self._predict([crop_person(image, Box(np.array([0.0, 0.0, CROP_SIZE_PX, CROP_SIZE_PX]), 1.0))])

    def __call__(self, crops: list[Crop], intrinsics: Intrinsics, image_size_px: tuple[int, int],
                 stamp_s: float | None = None) -> list[Person]:
        """Estimates the people in the crops of one image, in the same order.

        People without finite joints are left out with a warning. Filters over time need stamps; a stamp
        before the last one resets them.

        Args:
            crops: crops of the image.
            intrinsics: intrinsics of the image.
            image_size_px: width, height.
            stamp_s: time of the image; None: unknown.

        Raises InputError for crops of a wrong shape or type.
        """
        if self._stamps.went_back(stamp_s):
            self.reset()
        if not crops:
            return []
        _check_images(crops)
        pose = self._predict(crops)
        joints_px = np.stack([apply_affine(crop.crop_to_image, points)
                              for crop, points in zip(crops, pose.crop_px, strict=True)])
        finite = np.isfinite(joints_px).all(axis=(1, 2)) & np.isfinite(pose.depth_mm).all(axis=1)
        if not finite.all():
            _LOGGER.warning('%d of %d people left out: the network gave no finite joints',
                            (~finite).sum(), len(crops))
            kept = np.flatnonzero(finite)
            crops, pose, joints_px = [crops[index] for index in kept], pose.select(kept), joints_px[kept]
            if not crops:
                return []
        joints_mm = lift.lift(joints_px, pose.depth_mm, intrinsics, pose.confidence, crop_rotations(
            self._model.depth_frame, intrinsics, [crop.crop_to_image for crop in crops]))
        bodies, sizes = self._seen_bodies(crops, pose, joints_mm, intrinsics, stamp_s)
        people = []
        for index, (crop, confidence) in enumerate(zip(crops, pose.confidence, strict=True)):
            refined = self._refinement.joints(crop.box.track_id, joints_mm[index] * sizes[index],
                                              joints_px[index], intrinsics, stamp_s, float(confidence.mean()))
            if is_neighbours(refined.joints_px, crop.box, image_size_px):
                _LOGGER.debug('a person at the image border left out: the skeleton is that of a neighbour')
                continue
            body = self._bodies.fit(crop.box.track_id, bodies[index], refined.joints_mm, confidence,
                                    stamp_s) if self._bodies is not None else None
            people.append(Person(
                id=crop.box.track_id, score=crop.box.score, tracking=crop.box.tracking,
                box_px=crop.box.xyxy_px, joints_px=refined.joints_px, joints_mm=refined.joints_mm,
                confidence=confidence, crop_to_image=crop.crop_to_image,
                keypoints_px=crop.box.keypoints_px, keypoint_scores=crop.box.keypoint_scores,
                visibility=visibility(refined.joints_px, confidence, crop.box, image_size_px),
                velocity_m_s=refined.velocity_m_s,
                position_covariance_m2=refined.position_covariance_m2, body=body))
        return people

    def _seen_bodies(self, crops: list[Crop], pose: decode.Pose, joints_mm: np.ndarray,
                     intrinsics: Intrinsics, stamp_s: float | None) -> tuple[list[Seen], np.ndarray]:
        """Estimated bodies (empty unless `body` is set), and sizes (N,) relative to PRIOR_HEIGHT_M."""
        given = np.full(len(crops), self._settings.person_height_m / PRIOR_HEIGHT_M)
        if self._bodies is None:
            return [], given
        to_ray = crop_rotations(CROP, intrinsics, [crop.crop_to_image for crop in crops])
        assert to_ray is not None
        keypoints = decode.crop_keypoints(crops) if self._settings.keypoint_prior else None
        bodies = self._bodies.look(joints_mm, pose, keypoints, to_ray)
        ids = [crop.box.track_id for crop in crops]
        estimated = self._bodies.sizes(ids, bodies, pose.confidence, stamp_s)
        return bodies, estimated if self._settings.person_height_m == PRIOR_HEIGHT_M else given

    def _predict(self, crops: list[Crop]) -> decode.Pose:
        keypoints = decode.crop_keypoints(crops) if self._settings.keypoint_prior else None
        poses = []
        for first in range(0, len(crops), _MAX_BATCH):
            batch = slice(first, first + _MAX_BATCH)
            poses.append(self._model(np.stack([crop.image for crop in crops[batch]]),
                                     None if keypoints is None else keypoints[batch],
                                     flip=self._settings.flip, correct=self._refinement.correct_keypoints))
        return poses[0] if len(poses) == 1 else decode.joined(poses)


def _check_images(crops: list[Crop]) -> None:
    for crop in crops:
        if crop.image.shape != (CROP_SIZE_PX, CROP_SIZE_PX, 3) or crop.image.dtype != np.uint8:
            raise InputError(f'a crop must be ({CROP_SIZE_PX}, {CROP_SIZE_PX}, 3) uint8, not '
                             f'{crop.image.shape} {crop.image.dtype}')


def is_neighbours(joints_px: np.ndarray, box: Box, image_size_px: tuple[int, int]) -> bool:
    """Whether the skeleton of a barely visible person at the image's border is that of a neighbour.

    This is so if many joints lie far from the box, and if all keypoints have low scores.
    """
    if box.keypoint_scores is None or max(box.keypoint_scores) > _HIGH_SCORE:
        return False
    xyxy_px = box.xyxy_px
    size, slack = np.array(image_size_px), _SLACK * (xyxy_px[2:] - xyxy_px[:2]).max()
    at_border = xyxy_px[0] < slack / 2 or xyxy_px[2] > size[0] - slack / 2
    inside = ((joints_px >= -0.5) & (joints_px <= size - 0.5)).all(axis=1)
    far = inside & ~((joints_px >= xyxy_px[:2] - slack) & (joints_px <= xyxy_px[2:] + slack)).all(axis=1)
    return bool(at_border and far.sum() > _MAX_FAR * max(inside.sum(), 1))
