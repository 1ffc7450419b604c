"""PyTorch, on any device that it supports."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import torch
from torch import Tensor, nn

from hemlets_ros.errors import SettingsError
from hemlets_ros.inference.backend import BatchBackend, NetworkOutput, no_keypoints
from hemlets_ros.inference.cuda_graph import BATCH_SIZES, CudaGraph
from hemlets_ros.model.fused import for_inference
from hemlets_ros.model.network import HEMlets

_TYPES = {'fp16': torch.float16, 'bf16': torch.bfloat16}


class TorchBackend(BatchBackend):
    """Runs a network on its device, in the memory layout in which convolutions are fastest (channels last).

    On a GPU each batch size has a CUDA graph: one upload, launch, download and synchronisation per batch.
    """

    name = 'torch'

    def __init__(self, network: HEMlets, precision: str = 'fp32', fuse: bool = True) -> None:
        """Copies the network.

        precision: fp32, bf16, or on a GPU fp16. It applies to convolutions and linear layers; the moments of
        the volume are computed in fp32.

        Raises SettingsError for another precision.
        """
        self.config, self.weights = network.config, network.weights
        self._torch_device = next(network.parameters()).device
        self.device = str(self._torch_device)
        if precision not in ('fp32', *_TYPES) or (precision, self._torch_device.type) == ('fp16', 'cpu'):
            raise SettingsError(f'precision {precision} is not for the backend torch on {self.device}')
        self._network = for_inference(network, fuse).to(memory_format=torch.channels_last)
        self._type = _TYPES.get(precision)
        if self._type is not None:  # cast once instead of in each run
            for layer in self._network.modules():
                if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
                    layer.to(self._type)
        self._graphs: dict[tuple[int, bool], CudaGraph] = {}

    def run(self, crops: np.ndarray, keypoints: np.ndarray | None) -> NetworkOutput:
        if self._torch_device.type == 'cuda':
            return self._run_graphs(crops, keypoints)
        known = None if keypoints is None else torch.from_numpy(keypoints).to(self._torch_device)
        joints, spread, seen = (each.cpu().numpy() for each in self._forward(
            torch.from_numpy(crops).to(self._torch_device), known))
        return NetworkOutput(joints, spread, seen)

    @torch.inference_mode()
    def _forward(self, crops: Tensor, keypoints: Tensor | None) -> tuple[Tensor, ...]:
        # The cache of autocast would keep tensors that belong to the memory of a CUDA graph.
        with nullcontext() if self._type is None else \
                torch.autocast(self._torch_device.type, self._type, cache_enabled=False):
            output: tuple[Tensor, ...] = self._network(crops, keypoints)
            return output

    def _run_graphs(self, crops: np.ndarray, keypoints: np.ndarray | None) -> NetworkOutput:
        parts = []
        for start in range(0, len(crops), BATCH_SIZES[-1]):
            part = slice(start, start + BATCH_SIZES[-1])
            known = None if keypoints is None or self._network.prior is None else keypoints[part]
            size = next(size for size in BATCH_SIZES if size >= len(crops[part]))
            key = size, known is not None
            if key not in self._graphs:
                self._graphs[key] = CudaGraph(self._forward, *key, self._torch_device)
            parts.append(self._graphs[key](crops[part], known))
        joints, spread, seen = map(np.concatenate, zip(*parts, strict=True))
        return NetworkOutput(joints, spread, seen)


class LifterBackend(BatchBackend):
    """Runs only the keypoint prior of a network. Raises SettingsError for a network without one."""

    name = 'torch'

    def __init__(self, network: HEMlets) -> None:
        if network.prior is None:
            raise SettingsError('this network has no keypoint prior: it cannot be measured alone')
        self.config, self.weights = network.config, network.weights
        self._network, self._torch_device = network, next(network.parameters()).device
        self.device = str(self._torch_device)

    @torch.inference_mode()
    def run(self, crops: np.ndarray, keypoints: np.ndarray | None) -> NetworkOutput:
        if keypoints is None:
            keypoints = no_keypoints(len(crops))
        lifted = self._network.lifted(torch.from_numpy(keypoints).to(self._torch_device))
        return NetworkOutput(lifted.joints.cpu().numpy(), lifted.spread.cpu().numpy())
