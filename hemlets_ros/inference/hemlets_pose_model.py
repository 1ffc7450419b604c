"""HEMlets as a PoseModel: a backend and the decoding of its output."""

from __future__ import annotations

import numpy as np

from hemlets_ros.inference.backend import Correction
from hemlets_ros.inference.choice import make_backend
from hemlets_ros.model.decode import Pose, decode
from hemlets_ros.settings import PoseSettings


class HEMletsPoseModel:
    """See PoseModel."""

    def __init__(self, settings: PoseSettings) -> None:
        self._network = make_backend(settings)
        self.weights, self.device = self._network.weights, self._network.device
        self.backend, self.depth_frame = self._network.name, self._network.config.depth_frame

    def __call__(self, crops: np.ndarray, keypoints: np.ndarray | None, *, flip: bool = False,
                 correct: Correction | None = None) -> Pose:
        output = self._network(crops, keypoints, flip, correct)
        return decode(output.joints, output.spread, output.features)
