"""The protocol of inference backends, and their common base class."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from hemlets_ros.model.decode import average_with_flip, mirror_keypoints
from hemlets_ros.model.model_config import ModelConfig
from hemlets_ros.people import WeightsInfo
from hemlets_ros.skeleton import COCO_NAMES, MIRROR

#: (keypoints (N, 17, 3), image joints (N, 18, 3)) -> corrected keypoints (N, 17, 3).
Correction = Callable[[np.ndarray, np.ndarray], np.ndarray]


class NetworkOutput(NamedTuple):
    """The output for N crops, float32; positions are in [-0.5, 0.5] of the crop and of the depth range."""

    joints: np.ndarray  # (N, 18, 3) x, y, z
    spread: np.ndarray  # (N, 18) standard deviation of each joint's softmax volume
    #: (N, 18, 3) x, y, confidence from the heatmaps, which do not use the keypoints; None: the network has
    #: none
    image_joints: np.ndarray | None = None
    features: dict[str, np.ndarray] | None = None  # feature maps (N, C, M, M) by name; None: not requested


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
            keypoints: (N, 17, 3) float32 of `decode.crop_keypoints`; None: all are absent.
            flip: average with the output for the mirrored crops.
            correct: called with the keypoints and the image joints of the first run. Crops whose keypoints it
                changes are run again with the corrected keypoints.
        """
        ...


class BatchBackend(ABC):
    """Implements Backend by `run`; mirrored crops are part of the same batch."""

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
        """Runs the network once on crops and keypoints as in `__call__`."""

    def _corrected(self, crops: np.ndarray, keypoints: np.ndarray | None,
                   correct: Correction | None) -> NetworkOutput:
        output = self.run(crops, keypoints)
        if keypoints is None or correct is None or output.image_joints is None:
            return output
        corrected = correct(keypoints, output.image_joints)
        changed = np.flatnonzero((corrected != keypoints).any(axis=(1, 2)))
        if changed.size:  # about 2 % of the people in real images
            again = self.run(np.ascontiguousarray(crops[changed]), corrected[changed])
            joints, spread = output.joints.copy(), output.spread.copy()
            joints[changed], spread[changed] = again.joints, again.spread
            output = output._replace(joints=joints, spread=spread)
            if output.features is not None and again.features is not None:
                for name, maps in output.features.items():
                    maps[changed] = again.features[name]
        return output


def no_keypoints(count: int) -> np.ndarray:
    """Keypoints (count, 17, 3), all absent."""
    return np.zeros((count, len(COCO_NAMES), 3), np.float32)
