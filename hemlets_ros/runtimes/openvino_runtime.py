"""OpenVINO, on the CPU."""

from __future__ import annotations

import numpy as np
import openvino

from hemlets_ros.cache import cache_folder
from hemlets_ros.device import available_cores
from hemlets_ros.errors import SettingsError, WeightsError
from hemlets_ros.runtimes.onnx_file import OUTPUTS, OnnxNetwork
from hemlets_ros.runtimes.runtime import FlippingRuntime, Said, no_keypoints

_HINTS = {'fp32': 'f32', 'int8': 'f32', 'bf16': 'bf16'}  # what is not quantised stays in 32 bits


class OpenVinoRuntime(FlippingRuntime):
    """Runs an exported network."""

    name = 'openvino'
    device = 'cpu'

    def __init__(self, network: OnnxNetwork, device: str = 'auto', precision: str = 'fp32') -> None:
        """Raises SettingsError where `device` or `precision` are not to be had."""
        if device not in ('auto', 'cpu'):
            raise SettingsError(f'the runtime openvino runs on the CPU, not on {device}')
        if precision not in _HINTS:
            raise SettingsError(f'precision {precision} is not for the runtime openvino')
        self.config, self.weights = network.config, network.weights
        self._takes_keypoints = network.takes_keypoints
        core = openvino.Core()
        try:
            compiled = core.compile_model(core.read_model(network.model, b''), 'CPU', {
                'PERFORMANCE_HINT': 'LATENCY', 'INFERENCE_NUM_THREADS': available_cores(),
                # By itself it takes bf16 where the CPU has it, and ties threads to cores that others need.
                'INFERENCE_PRECISION_HINT': _HINTS[precision], 'ENABLE_CPU_PINNING': False,
                'CACHE_DIR': str(cache_folder() / 'openvino')})
        except RuntimeError as error:
            raise WeightsError(f'OpenVINO refuses {network.weights.name}: {error}') from error
        self._request = compiled.create_infer_request()

    def run(self, crops: np.ndarray, keypoints: np.ndarray | None) -> Said:
        inputs = [crops]
        if self._takes_keypoints:
            inputs.append(no_keypoints(len(crops)) if keypoints is None else keypoints)
        said = self._request.infer([np.ascontiguousarray(each) for each in inputs])
        joints, spread = (np.copy(said[name]) for name in OUTPUTS)
        return joints, spread
