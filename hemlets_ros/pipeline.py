"""Image -> people. The one place where the stages meet; nodes, command line and benchmarks use it.

Two halves, so that they can run in two nodes: PersonFinder (detect, track, crop) and PoseEstimator
(network, decode, lift, smooth). Pipeline is both.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from pathlib import Path
from typing import Any

import numpy as np

from hemlets_ros import lift
from hemlets_ros.camera import Intrinsics
from hemlets_ros.crop import apply_affine, check_image, checked_box, crop_person
from hemlets_ros.detection import make_detector
from hemlets_ros.errors import InputError, SettingsError
from hemlets_ros.model import decode
from hemlets_ros.motion import Motion
from hemlets_ros.people import Box, Crop, Found, Frame, Person, WeightsInfo
from hemlets_ros.runtimes import make_runtime
from hemlets_ros.settings import (
    PIPELINE_SETTINGS,
    CameraSettings,
    CropSettings,
    DetectorSettings,
    PoseSettings,
    SmoothingSettings,
    TrackingSettings,
)
from hemlets_ros.skeleton import COCO_NAMES
from hemlets_ros.volume import CROP_SIZE_PX

_LOGGER = logging.getLogger(__name__)


class PersonFinder:
    """Finds, tracks and crops people."""

    def __init__(self, detector: DetectorSettings, tracking: TrackingSettings, crop: CropSettings,
                 device: str = 'auto') -> None:
        self._settings, self._tracking, self._crop = detector, tracking, crop
        own = detector.detector_device
        self._detector = make_detector(detector, device if own == 'auto' else own)
        self._last_stamp_s: float | None = None
        self.reset()

    def reset(self) -> None:
        """Forgets all tracks."""
        self._motion, self._images, self._since_detection = Motion(), 0, 0
        self._seen: list[Box] = []  # by the detector, the last time
        self._tracker = None
        if self._tracking.tracking:
            # Imported when used: it pulls in scipy and matplotlib.
            from hemlets_ros.tracking import Tracker

            self._tracker = Tracker(self._settings.score_threshold,
                                    self._tracking.tracking_memory_s)

    def change(self, detector: DetectorSettings, tracking: TrackingSettings, crop: CropSettings) -> None:
        """Takes new values of what may change while running (`live` in the settings); keeps all tracks."""
        self._settings, self._tracking, self._crop = detector, tracking, crop
        if self._tracker is not None:
            self._tracker.set_score_threshold(detector.score_threshold)

    def __call__(self, image: np.ndarray, stamp_s: float | None = None,
                 boxes: list[Box] | None = None) -> list[Crop]:
        """The people in a (H, W, 3) uint8 BGR image, the best scores first; of `boxes`, if given, all.

        A stamp before the last one (a looping bag) resets the tracks.
        """
        check_image(image)
        if _went_back(self._last_stamp_s, stamp_s):
            self.reset()
        self._last_stamp_s = stamp_s
        if boxes is not None:
            boxes = boxes if self._tracker is None else self._tracker.update(boxes, stamp_s)
        else:
            boxes = self._find(image, stamp_s)[:self._settings.max_persons]
        return [crop_person(image, box, CROP_SIZE_PX, self._crop.crop_margin) for box in boxes]

    def _find(self, image: np.ndarray, stamp_s: float | None) -> list[Box]:
        """By the detector, or where they should be by now."""
        number, self._images = self._images, self._images + 1
        now_s = float(number) if stamp_s is None else stamp_s  # of a steady rate, any unit will do
        detected = number == 0 or self._since_detection >= self._settings.detect_every
        self._since_detection = 1 if detected else self._since_detection + 1
        boxes = self._detect(image) if detected else self._seen
        if self._tracker is not None:
            # In between it is shown where people were: left alone for so long, it expects them too far on.
            boxes = self._tracker.update(boxes, stamp_s)
        else:
            boxes = [dataclasses.replace(box, track_id=index) for index, box in enumerate(boxes)]
        self._seen = boxes
        if not detected:
            return self._motion.at(boxes, now_s)
        self._motion.seen(boxes, now_s)
        return boxes

    def _detect(self, image: np.ndarray) -> list[Box]:
        threshold = self._settings.score_threshold
        if self._tracker is not None:
            threshold = min(threshold, self._tracking.tracking_low_score)
        return sorted(self._detector(image, threshold), key=lambda box: -box.score)


class PoseEstimator:
    """Turns crops into people in 3D."""

    def __init__(self, pose: PoseSettings, smoothing: SmoothingSettings) -> None:
        self._settings, self._smoothing = pose, smoothing
        self._runtime = make_runtime(pose)
        self._last_stamp_s: float | None = None
        if self.weights.warning:
            _LOGGER.warning(self.weights.warning)
        self.reset()

    @property
    def weights(self) -> WeightsInfo:
        """What the network's weights are."""
        return self._runtime.weights

    def reset(self) -> None:
        """Forgets all filters."""
        self._smoother = None
        if self._smoothing.smoothing:
            from hemlets_ros.smoothing import SkeletonSmoother

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

        One whose joints come out as no finite numbers is left out with a warning. Smoothing needs
        stamps; one before the last resets it.
        """
        if _went_back(self._last_stamp_s, stamp_s):
            self.reset()
        self._last_stamp_s = stamp_s
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
        joints_mm = lift.lift(joints_px[kept], pose.depth_mm[kept], intrinsics,
                              pose.confidence[kept])
        people = []
        for index, mm in zip(kept.tolist(), joints_mm, strict=True):
            crop, px = crops[index], joints_px[index]
            if self._smoother is not None and stamp_s is not None and crop.box.track_id >= 0:
                mm = self._smoother(crop.box.track_id, mm, stamp_s)
                px = intrinsics.project(mm)
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


class Pipeline:
    """Finds the people in images and gives their 3D skeletons.

    Args:
        weights: our .safetensors or the authors' .pth; None for those that come with the package; 'random'.
        settings: any parameter of `hemlets_ros.settings.PIPELINE_SETTINGS` by name, e.g. variant,
            detector, flip, score_threshold, tracking, smoothing, assumed_fov_deg, device.

    Raises HemletsError (SettingsError, WeightsError, DetectorError) for what cannot be set up.
    """

    def __init__(self, weights: str | Path | None = None, **settings: Any) -> None:
        known = {field.name for group in PIPELINE_SETTINGS for field in dataclasses.fields(group)}
        unknown = settings.keys() - known
        if unknown:
            raise SettingsError(f'unknown parameter {", ".join(sorted(unknown))}; '
                                f'there are {", ".join(sorted(known))}')
        settings['weights'] = None if weights is None else str(weights)
        (detector, tracking, self._camera, crop, pose, smoothing) = (
            group.picked_from(settings) for group in (
                DetectorSettings, TrackingSettings, CameraSettings, CropSettings, PoseSettings,
                SmoothingSettings))
        self._finder = PersonFinder(detector, tracking, crop, pose.device)
        self._estimator = PoseEstimator(pose, smoothing)

    @property
    def weights(self) -> WeightsInfo:
        """What the network's weights are."""
        return self._estimator.weights

    def __call__(
        self, image: np.ndarray, intrinsics: np.ndarray | Intrinsics | None = None,
        boxes: np.ndarray | None = None, keypoints: np.ndarray | None = None,
        stamp_s: float | None = None,
    ) -> list[Person]:
        """The people in an image.

        Args:
            image: (H, W, 3) uint8 BGR.
            intrinsics: 3x3 matrix in px, or Intrinsics with distortion; None: an assumed field of view.
            boxes: (N, 4) left, top, right, bottom in px: then the detector is not run, and the
                result has these people in this order.
            keypoints: (N, 17, 3) COCO keypoints x, y in px and score, with `boxes` only.
            stamp_s: time of the image; smoothing needs it.

        Raises InputError for input of a wrong shape or value.
        """
        return self.process(image, intrinsics, given_boxes(boxes, keypoints), stamp_s).people

    def process(
        self, image: np.ndarray, intrinsics: np.ndarray | Intrinsics | None = None,
        boxes: list[Box] | None = None, stamp_s: float | None = None,
    ) -> Frame:
        """As a call, with all that is known about the frame and how long it took."""
        return self.pose(self.find(image, intrinsics, boxes, stamp_s))

    def find(
        self, image: np.ndarray, intrinsics: np.ndarray | Intrinsics | None = None,
        boxes: list[Box] | None = None, stamp_s: float | None = None,
    ) -> Found:
        """The first half of `process`; while one thread poses an image, another may find in the next."""
        check_image(image)
        height, width = image.shape[:2]
        if intrinsics is None:
            intrinsics = Intrinsics.from_fov(width, height, self._camera.assumed_fov_deg)
        elif not isinstance(intrinsics, Intrinsics):
            intrinsics = Intrinsics(intrinsics)
        start_s = time.perf_counter()
        crops = self._finder(image, stamp_s, boxes)
        return Found(crops, stamp_s, intrinsics, (width, height), time.perf_counter() - start_s)

    def pose(self, found: Found) -> Frame:
        """The second half."""
        start_s = time.perf_counter()
        people = self._estimator(found.crops, found.intrinsics, found.stamp_s)
        return Frame(people, found.stamp_s or 0.0, found.intrinsics, found.image_size_px, self.weights,
                     detection_s=found.detection_s, pose_s=time.perf_counter() - start_s)

    def warm_up(self) -> None:
        """Runs the network once, so that the first image is not slow."""
        self._estimator.warm_up()

    def reset(self) -> None:
        """Forgets all tracks and filters: the next image is of another scene."""
        self._finder.reset()
        self._estimator.reset()


def given_boxes(boxes: np.ndarray | None, keypoints: np.ndarray | None) -> list[Box] | None:
    """Boxes from arrays (N, 4) and (N, 17, 3); None for None. Raises InputError for wrong ones."""
    if boxes is None:
        if keypoints is not None:
            raise InputError('keypoints need boxes')
        return None
    boxes = np.asarray(boxes, float).reshape(-1, 4) if np.size(boxes) == 0 else \
        np.asarray(boxes, float)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise InputError(f'boxes must have shape (N, 4), not {boxes.shape}')
    boxes = [checked_box(box) for box in boxes]
    if keypoints is None:
        return [Box(box, 1.0) for box in boxes]
    keypoints = np.asarray(keypoints, float)
    if keypoints.shape != (len(boxes), len(COCO_NAMES), 3):
        raise InputError(f'keypoints must have shape ({len(boxes)}, {len(COCO_NAMES)}, 3), '
                         f'not {keypoints.shape}')
    return [Box(box, 1.0, points[:, :2], points[:, 2])
            for box, points in zip(boxes, keypoints, strict=True)]


def _went_back(last_s: float | None, now_s: float | None) -> bool:
    return last_s is not None and now_s is not None and now_s < last_s
