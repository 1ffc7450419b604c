"""Lifts 2D keypoints of any detector to 3D: `pose_model:=keypoint-lifter`.

It does not use the image, but only the lifter of the shipped weights. People without keypoints get the
confidence 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hemlets_ros.inference import lifter_alone
from hemlets_ros.model.decode import Pose, decode
from hemlets_ros.settings import PoseSettings
from hemlets_ros.skeleton import COCO_NAMES


class KeypointLifter:
    """See hemlets_ros.model.pose_model.PoseModel; the class itself is the factory."""

    def __init__(self, settings: PoseSettings) -> None:
        self._lifter = lifter_alone(settings)
        self.weights, self.device = self._lifter.weights, self._lifter.device
        self.backend, self.depth_frame = self._lifter.name, self._lifter.config.depth_frame

    def __call__(self, crops: np.ndarray, keypoints: np.ndarray | None, **_: Any) -> Pose:
        if keypoints is None:
            keypoints = np.zeros((len(crops), len(COCO_NAMES), 3), np.float32)
        output = self._lifter(crops, keypoints)
        pose = decode(output.joints, output.spread)
        has_any = (keypoints[..., 2] > 0).any(axis=1)
        return Pose(pose.crop_px, pose.depth_mm, pose.confidence * has_any[:, None])
