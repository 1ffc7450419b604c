"""Crops -> people in 3D: network, decode, lift, smooth."""

from __future__ import annotations

import logging

import numpy as np

from hemlets_ros.errors import InputError
from hemlets_ros.geometry import lift
from hemlets_ros.geometry.bones import with_likely_bones
from hemlets_ros.geometry.camera import Intrinsics
from hemlets_ros.geometry.crop import apply_affine, crop_person
from hemlets_ros.geometry.depth_frame import crop_turns
from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.model import decode
from hemlets_ros.people import Box, Crop, Person, WeightsInfo
from hemlets_ros.runtimes import make_runtime
from hemlets_ros.settings import PoseSettings, SmoothingSettings
from hemlets_ros.temporal.bones import SteadyBones
from hemlets_ros.temporal.stamps import Stamps

_LOGGER = logging.getLogger(__name__)


class PoseEstimator:
    """Turns crops into people in 3D."""

    def __init__(self, pose: PoseSettings, smoothing: SmoothingSettings) -> None:
        self._settings, self._smoothing = pose, smoothing
        self._runtime = make_runtime(pose)
        self._stamps = Stamps()
        if self.weights.warning:
            _LOGGER.warning(self.weights.warning)
        self.reset()

    @property
    def weights(self) -> WeightsInfo:
        """What the network's weights are."""
        return self._runtime.weights

    def reset(self) -> None:
        """Forgets all filters."""
        self._bones = SteadyBones() if self._smoothing.steady_bones else None
        self._smoother = None
        if self._smoothing.smoothing:
            from hemlets_ros.temporal.smoothing import SkeletonSmoother

            self._smoother = SkeletonSmoother(self._smoothing.smoothing_min_cutoff_hz,
                                              self._smoothing.smoothing_beta)

    def change(self, pose: PoseSettings, smoothing: SmoothingSettings) -> None:
        """Takes new values of what may change while running (`live` in the settings)."""
        changed = smoothing != self._smoothing
        self._settings, self._smoothing = pose, smoothing
        if changed:
            self.reset()

    @property
    def device(self) -> str:
        """Where the network runs."""
        return self._runtime.device

    @property
    def runtime(self) -> str:
        """What runs the network."""
        return self._runtime.name

    def warm_up(self) -> None:
        """Runs the network once: the first run is many times slower than the rest."""
        image = np.zeros((CROP_SIZE_PX, CROP_SIZE_PX, 3), np.uint8)
        self._predict([crop_person(image, Box(np.array([0.0, 0.0, CROP_SIZE_PX, CROP_SIZE_PX]), 1.0))])

    def __call__(self, crops: list[Crop], intrinsics: Intrinsics,
                 stamp_s: float | None = None) -> list[Person]:
        """The people in the crops of one image, in their order.

        One whose joints come out as no finite numbers is left out with a warning. What is done over time
        needs stamps; one before the last resets it.
        """
        if self._stamps.went_back(stamp_s):
            self.reset()
        if not crops:
            return []
        for crop in crops:
            if crop.image.shape != (CROP_SIZE_PX, CROP_SIZE_PX, 3) or crop.image.dtype != np.uint8:
                raise InputError(f'a crop must be ({CROP_SIZE_PX}, {CROP_SIZE_PX}, 3) uint8, not '
                                 f'{crop.image.shape} {crop.image.dtype}')
        pose = self._predict(crops)
        joints_px = np.stack([apply_affine(crop.crop_to_image, points)
                              for crop, points in zip(crops, pose.crop_px, strict=True)])
        finite = np.isfinite(joints_px).all(axis=(1, 2)) & np.isfinite(pose.depth_mm).all(axis=1)
        if not finite.all():
            _LOGGER.warning('%d of %d people left out: the network gave no finite joints',
                            (~finite).sum(), len(crops))
        kept = np.flatnonzero(finite)
        turns = crop_turns(self._runtime.config.depth_frame, intrinsics,
                           [crops[index].crop_to_image for index in kept])
        joints_mm = lift.lift(joints_px[kept], pose.depth_mm[kept], intrinsics, pose.confidence[kept], turns)
        people = []
        for index, mm in zip(kept.tolist(), joints_mm, strict=True):
            crop, px = crops[index], joints_px[index]
            if stamp_s is not None and crop.box.track_id >= 0:
                for over_time in filter(None, (self._bones, self._smoother)):
                    mm, px = _moved(over_time(crop.box.track_id, mm, stamp_s), mm, px, intrinsics)
            elif self._bones:
                mm, px = _moved(with_likely_bones(mm), mm, px, intrinsics)
            people.append(Person(
                id=crop.box.track_id, score=crop.box.score, tracking=crop.box.tracking,
                box_px=crop.box.xyxy_px, joints_px=px, joints_mm=mm,
                confidence=pose.confidence[index], crop_to_image=crop.crop_to_image,
                keypoints_px=crop.box.keypoints_px, keypoint_scores=crop.box.keypoint_scores))
        return people

    def _predict(self, crops: list[Crop]) -> decode.Pose:
        keypoints = decode.crop_keypoints(crops) if self._settings.prior else None
        return decode.decode(*self._runtime(np.stack([crop.image for crop in crops]), keypoints,
                                            self._settings.flip))


def _moved(to_mm: np.ndarray, mm: np.ndarray, px: np.ndarray,
           intrinsics: Intrinsics) -> tuple[np.ndarray, np.ndarray]:
    """Joints (18, 3) and their places (18, 2), moved, unless one would come to lie behind the camera."""
    return (to_mm, intrinsics.project(to_mm)) if to_mm[:, 2].min() >= lift.NEAREST_MM else (mm, px)
