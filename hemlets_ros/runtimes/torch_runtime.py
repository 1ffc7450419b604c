"""PyTorch, on any device that it knows."""

from __future__ import annotations

import numpy as np
import torch

from hemlets_ros.errors import SettingsError
from hemlets_ros.model.network import HEMlets
from hemlets_ros.model.pixels import normalise
from hemlets_ros.people import WeightsInfo
from hemlets_ros.runtimes.runtime import FlippingRuntime, Said
from hemlets_ros.skeleton import COCO_NAMES


class TorchRuntime(FlippingRuntime):
    """Runs a network where it is."""

    name = 'torch'

    def __init__(self, network: HEMlets) -> None:
        self.weights: WeightsInfo = network.weights
        self._place = next(network.parameters()).device
        self.device = str(self._place)
        self._network = network.to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def run(self, crops: np.ndarray, keypoints: np.ndarray | None) -> Said:
        known = None if keypoints is None else torch.from_numpy(keypoints).to(self._place)
        prediction = self._network.predict(normalise(crops, self._place), known)
        return prediction.joints.float().cpu().numpy(), prediction.spread.float().cpu().numpy()


class LifterRuntime(TorchRuntime):
    """Runs a network's keypoint prior alone. Raises SettingsError for a network without one."""

    def __init__(self, network: HEMlets) -> None:
        if network.prior is None:
            raise SettingsError('this network has no keypoint prior: it cannot be measured alone')
        super().__init__(network)

    @torch.inference_mode()
    def run(self, crops: np.ndarray, keypoints: np.ndarray | None) -> Said:
        if keypoints is None:
            keypoints = np.zeros((len(crops), len(COCO_NAMES), 3), np.float32)
        lifted = self._network.lifted(torch.from_numpy(keypoints).to(self._place))
        return lifted.joints.cpu().numpy(), lifted.spread.cpu().numpy()
