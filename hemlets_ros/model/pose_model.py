"""The protocol of pose networks. Other packages can add some: entry points hemlets_ros.pose_models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from hemlets_ros.model.decode import Pose
from hemlets_ros.people import WeightsInfo
from hemlets_ros.settings import PoseSettings
from hemlets_ros.system.plugins import find_factory

GROUP = 'hemlets_ros.pose_models'
_BUILT_IN = {'hemlets': 'hemlets_ros.inference.hemlets_pose_model:HEMletsPoseModel'}


class PoseModel(Protocol):
    """Estimates poses in crop coordinates; the pipeline converts them to the camera frame."""

    weights: WeightsInfo
    device: str  # cpu, cuda ...
    backend: str  # name of the backend, shown in /diagnostics
    depth_frame: str  # 'camera' or 'crop', see geometry/depth_frame.py

    def __call__(self, crops: np.ndarray, keypoints: np.ndarray | None, *, flip: bool = False,
                 correct: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None) -> Pose:
        """The poses of N crops: joints in px of the crop, depth in mm from the pelvis, confidence 0..1.

        Args:
            crops: (N, 256, 256, 3) uint8 BGR.
            keypoints: (N, 17, 3) float32, the detector's COCO keypoints: x and y in [-0.5, 0.5] of the crop
                and score (0: absent); None: all are absent.
            flip: average with the poses of the mirrored crops. May be ignored.
            correct: the refinement step `repair_left_right`: (keypoints, image joints) -> corrected
                keypoints, see `Correction` in inference/backend.py. May be ignored.
        """
        ...


class PoseModelFactory(Protocol):
    """The callable to which an entry point refers."""

    def __call__(self, settings: PoseSettings) -> PoseModel:
        """Raises SettingsError or WeightsError where the model cannot be set up."""
        ...


def make_pose_model(settings: PoseSettings) -> PoseModel:
    """Makes the model named by `settings.pose_model`. Raises SettingsError for an unknown name."""
    make: PoseModelFactory = find_factory(GROUP, settings.pose_model, _BUILT_IN, 'pose_model')
    return make(settings)
