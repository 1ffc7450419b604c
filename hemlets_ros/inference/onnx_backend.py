"""The protocol of backends for ONNX models. Other packages can add some: entry points hemlets_ros.backends.

A backend loads any ONNX model and contains no code specific to HEMlets; OnnxBackend runs HEMlets in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from hemlets_ros.inference.backend import BatchBackend, NetworkOutput, no_keypoints
from hemlets_ros.inference.onnx_network import CROPS, KEYPOINTS, OUTPUTS, OnnxNetwork


class OnnxSession(Protocol):
    """A model that a backend has loaded."""

    device: str  # cpu, cuda ...

    def __call__(self, inputs: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        """Runs the model once.

        Args:
            inputs: arrays by input name, in the types of the model. The first axis is the batch, of any size
                from 1. HEMlets: crops (N, 256, 256, 3) uint8 BGR and, if the network takes them, keypoints
                (N, 17, 3) float32.

        Returns all outputs by name. HEMlets: joints (N, 18, 3), spread (N, 18) and image_joints (N, 18, 3),
        float32.
        """
        ...


class BackendFactory(Protocol):
    """The callable to which an entry point refers."""

    def __call__(self, model: bytes, device: str, precision: str) -> OnnxSession:
        """Loads an ONNX model.

        Args:
            model: the serialised model.
            device: 'auto', 'cpu', 'cuda', 'cuda:1' ...
            precision: fp32, bf16, fp16 or int8; an int8 model is already quantised.

        Raises SettingsError for a device or precision that the backend does not support, WeightsError for a
        model that it cannot load.
        """
        ...


class OnnxBackend(BatchBackend):
    """Runs an exported HEMlets network in a backend for ONNX models."""

    def __init__(self, name: str, make: BackendFactory, network: OnnxNetwork, device: str,
                 precision: str) -> None:
        self.name, self.config, self.weights = name, network.config, network.weights
        self._takes_keypoints, self._features = network.takes_keypoints, network.features
        self._session = make(network.model, device, precision)
        self.device = self._session.device

    def run(self, crops: np.ndarray, keypoints: np.ndarray | None) -> NetworkOutput:
        inputs = {CROPS: np.ascontiguousarray(crops)}
        if self._takes_keypoints:
            inputs[KEYPOINTS] = no_keypoints(len(crops)) if keypoints is None \
                else np.ascontiguousarray(keypoints)
        outputs = self._session(inputs)
        features = {name: outputs[value] for name, value in self._features.items()} or None
        joints, spread, image_joints = OUTPUTS
        return NetworkOutput(outputs[joints], outputs[spread], outputs.get(image_joints), features)
