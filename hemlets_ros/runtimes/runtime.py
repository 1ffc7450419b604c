"""The interface that all runtimes have, and what they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

import numpy as np

from hemlets_ros.model.config import ModelConfig
from hemlets_ros.model.decode import average_with_flip, mirror_keypoints
from hemlets_ros.people import WeightsInfo
from hemlets_ros.skeleton import COCO_NAMES, MIRROR

#: (N, 18, 3) joints x, y, z in [-0.5, 0.5] of the crop's width, height and depth range, and (N, 18) the
#: standard deviation of each joint's volume in the same unit; float32.
Said = tuple[np.ndarray, np.ndarray]


class Runtime(Protocol):
    """Runs a network."""

    name: str  # as in the parameter `runtime`
    device: str
    weights: WeightsInfo
    config: ModelConfig

    def __call__(self, crops: np.ndarray, keypoints: np.ndarray | None = None, flip: bool = False) -> Said:
        """What the network says of N crops.

        Args:
            crops: (N, 256, 256, 3) uint8 BGR.
            keypoints: (N, 17, 3) float32 of `decode.crop_keypoints`; None: none are known.
            flip: average with what it says of the mirrored crops.
        """
        ...


class FlippingRuntime(ABC):
    """A Runtime made from a network that is run once: mirrored crops go along in the same batch."""

    def __call__(self, crops: np.ndarray, keypoints: np.ndarray | None = None, flip: bool = False) -> Said:
        if keypoints is not None and not keypoints[..., 2].any():
            keypoints = None
        if not flip:
            return self.run(crops, keypoints)
        if keypoints is not None:
            keypoints = np.concatenate([keypoints, mirror_keypoints(keypoints)])
        joints, spread = self.run(np.concatenate([crops, crops[:, :, ::-1]]), keypoints)
        count = len(crops)
        return (average_with_flip(joints[:count], joints[count:]),
                (spread[:count] + spread[count:, MIRROR]) / 2)

    @abstractmethod
    def run(self, crops: np.ndarray, keypoints: np.ndarray | None) -> Said:
        """As a call, without the mirrored crops."""


def no_keypoints(count: int) -> np.ndarray:
    """Keypoints (count, 17, 3) of which none are known."""
    return np.zeros((count, len(COCO_NAMES), 3), np.float32)
