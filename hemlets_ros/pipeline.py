"""Image -> people. The one place where the stages meet; nodes, command line and benchmarks use it.

Two halves, so that they can run in two nodes: PersonFinder (detect, track, crop) and PoseEstimator
(network, decode, lift, smooth). Pipeline is both.
"""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

import numpy as np

from hemlets_ros.errors import InputError, SettingsError
from hemlets_ros.geometry.camera import Intrinsics
from hemlets_ros.geometry.crop import check_image, checked_box
from hemlets_ros.people import Box, Crop, Detected, Found, Frame, Person, WeightsInfo
from hemlets_ros.person_finder import PersonFinder
from hemlets_ros.pose_estimator import PoseEstimator
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
        """The first half of `process`."""
        check_image(image)
        if boxes is None:
            return self.follow(image, self.detect(image, self.is_due(stamp_s)), intrinsics, stamp_s)
        start_s = time.perf_counter()
        crops = self._finder(image, stamp_s, boxes)
        return self._found(image, crops, intrinsics, stamp_s, time.perf_counter() - start_s)

    # The first half in parts, for several threads (offline.py).

    @property
    def detections_at_once(self) -> int:
        """How many images `detect` should look at in as many threads."""
        return self._finder.at_once

    def is_due(self, stamp_s: float | None = None) -> bool:
        """Whether the next image is one to detect in, by `detect_every`. To be asked in the images' order."""
        return self._finder.is_due(stamp_s)

    def detect(self, image: np.ndarray, due: bool = True) -> Detected:
        """The detector's people. In any order, and in several threads at once."""
        start_s = time.perf_counter()
        boxes = self._finder.detect(image) if due else None
        return Detected(boxes, time.perf_counter() - start_s)

    def follow(
        self, image: np.ndarray, detected: Detected,
        intrinsics: np.ndarray | Intrinsics | None = None, stamp_s: float | None = None,
    ) -> Found:
        """Tracks and cuts out those who were detected. In the images' order."""
        start_s = time.perf_counter()
        crops = self._finder.follow(image, stamp_s, detected.boxes)
        return self._found(image, crops, intrinsics, stamp_s,
                           detected.duration_s + time.perf_counter() - start_s)

    def pose(self, found: Found) -> Frame:
        """The second half; while one thread poses an image, another may find in the next."""
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

    def _found(self, image: np.ndarray, crops: list[Crop], intrinsics: np.ndarray | Intrinsics | None,
               stamp_s: float | None, duration_s: float) -> Found:
        height, width = image.shape[:2]
        if intrinsics is None:
            intrinsics = Intrinsics.from_fov(width, height, self._camera.assumed_fov_deg)
        elif not isinstance(intrinsics, Intrinsics):
            intrinsics = Intrinsics(intrinsics)
        return Found(crops, stamp_s, intrinsics, (width, height), duration_s)


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
