"""The protocol of inference backends, and what they have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from hemlets_ros.model.decode import average_with_flip, mirror_keypoints
from hemlets_ros.model.model_config import ModelConfig
from hemlets_ros.people import WeightsInfo
from hemlets_ros.skeleton import COCO_NAMES, MIRROR

#: (keypoints (N, 17, 3), image joints (N, 18, 3)) -> the keypoints to use instead.
Correction = Callable[[np.ndarray, np.ndarray], np.ndarray]


class NetworkOutput(NamedTuple):
    """The output for N crops, float32; places are in [-0.5, 0.5] of the crop and of the depth range."""

    joints: np.ndarray  # (N, 18, 3) x, y, z
    spread: np.ndarray  # (N, 18) standard deviation of each joint's volume
    image_joints: np.ndarray | None = None  # (N, 18, 3) x, y, certainty by the image alone; None: not known
    features: dict[str, np.ndarray] | None = None  # feature maps (N, C, M, M) by name; None: not asked for


class Backend(Protocol):
    """Runs a network."""

    name: str  # as in the parameter `backend`
    device: str
    weights: WeightsInfo
    config: ModelConfig

    def __call__(self, crops: np.ndarray, keypoints: np.ndarray | None = None, flip: bool = False,
                 correct: Correction | None = None) -> NetworkOutput:
        """The network's output for N crops.

        Args:
            crops: (N, 256, 256, 3) uint8 BGR.
            keypoints: (N, 17, 3) float32 of `decode.crop_keypoints`; None: none are known.
            flip: average with the output for the mirrored crops.
            correct: where it changes somebody's keypoints, that crop is run again with the changed ones.
        """
        ...


class BatchBackend(ABC):
    """A Backend made from a network that is run once: mirrored crops go along in the same batch."""

    def __call__(self, crops: np.ndarray, keypoints: np.ndarray | None = None, flip: bool = False,
                 correct: Correction | None = None) -> NetworkOutput:
        if keypoints is not None and not keypoints[..., 2].any():
            keypoints = None
        if not flip:
            return self._corrected(crops, keypoints, correct)
        if keypoints is not None:
            keypoints = np.concatenate([keypoints, mirror_keypoints(keypoints)])
        both = self._corrected(np.concatenate([crops, crops[:, :, ::-1]]), keypoints, correct)
        count = len(crops)
        return NetworkOutput(average_with_flip(both.joints[:count], both.joints[count:]),
                             (both.spread[:count] + both.spread[count:, MIRROR]) / 2,
                             None if both.image_joints is None else both.image_joints[:count],
                             None if both.features is None else
                             {name: maps[:count] for name, maps in both.features.items()})

    @abstractmethod
    def run(self, crops: np.ndarray, keypoints: np.ndarray | None) -> NetworkOutput:
        """As a call, without mirrored crops and corrections."""

    def _corrected(self, crops: np.ndarray, keypoints: np.ndarray | None,
                   correct: Correction | None) -> NetworkOutput:
        output = self.run(crops, keypoints)
        if keypoints is None or correct is None or output.image_joints is None:
            return output
        corrected = correct(keypoints, output.image_joints)
        changed = np.flatnonzero((corrected != keypoints).any(axis=(1, 2)))
        if changed.size:  # of real people, 2 in 100
            again = self.run(np.ascontiguousarray(crops[changed]), corrected[changed])
            joints, spread = output.joints.copy(), output.spread.copy()
            joints[changed], spread[changed] = again.joints, again.spread
            output = output._replace(joints=joints, spread=spread)
            if output.features is not None and again.features is not None:
                for name, maps in output.features.items():
                    maps[changed] = again.features[name]
        return output


def no_keypoints(count: int) -> np.ndarray:
    """Keypoints (count, 17, 3) of which none are known."""
    return np.zeros((count, len(COCO_NAMES), 3), np.float32)
