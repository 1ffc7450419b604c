"""ONNX Runtime: the CPU, a GPU by CUDA, or by TensorRT, as the installed wheel has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime

from hemlets_ros.cache import cache_folder
from hemlets_ros.device import device_type
from hemlets_ros.errors import SettingsError, WeightsError
from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.runtimes.onnx_file import CROPS, KEYPOINTS, OUTPUTS, OnnxNetwork
from hemlets_ros.runtimes.onnx_session import session_options
from hemlets_ros.runtimes.runtime import FlippingRuntime, Said, no_keypoints
from hemlets_ros.skeleton import COCO_NAMES

_CUDA, _TENSORRT = 'CUDAExecutionProvider', 'TensorrtExecutionProvider'


class OnnxRuntime(FlippingRuntime):
    """Runs an exported network. On GPUs not tried yet: written where there was none."""

    name = 'onnxruntime'

    def __init__(self, network: OnnxNetwork, device: str = 'auto', precision: str = 'fp32') -> None:
        """Raises SettingsError where `device` or `precision` are not to be had."""
        self.config, self.weights = network.config, network.weights
        self._takes_keypoints = network.takes_keypoints
        providers = self._providers(device, precision)
        try:
            self._session = onnxruntime.InferenceSession(network.model, session_options(), providers)
        except Exception as error:  # it has no class of its own for what a file can do wrong
            raise WeightsError(f'ONNX Runtime refuses {network.weights.name}: {error}') from error
        self.device = 'cuda' if self._session.get_providers()[0] in (_CUDA, _TENSORRT) else 'cpu'

    def run(self, crops: np.ndarray, keypoints: np.ndarray | None) -> Said:
        inputs = {CROPS: crops}
        if self._takes_keypoints:
            inputs[KEYPOINTS] = no_keypoints(len(crops)) if keypoints is None else keypoints
        joints, spread = self._session.run(OUTPUTS, inputs)
        return joints, spread

    def _providers(self, device: str, precision: str) -> list[Any]:
        if precision not in ('fp32', 'int8'):
            raise SettingsError(f'precision {precision} is not for the runtime {self.name}')
        cpu = ['CPUExecutionProvider']
        if _CUDA not in onnxruntime.get_available_providers():
            if device not in ('auto', 'cpu'):
                raise SettingsError(f'device {device} needs onnxruntime-gpu; this is onnxruntime for the CPU')
            return cpu
        return cpu if device_type(device) == 'cpu' else [(_CUDA, {'device_id': _index(device)}), *cpu]


class TensorRtRuntime(OnnxRuntime):
    """TensorRT, through ONNX Runtime; engines are kept in the cache."""

    name = 'tensorrt'

    def _providers(self, device: str, precision: str) -> list[Any]:
        if _TENSORRT not in onnxruntime.get_available_providers():
            raise SettingsError('runtime tensorrt needs onnxruntime-gpu and TensorRT')
        batches = {'min': 1, 'opt': 4, 'max': 32}
        shapes = {name: f'{CROPS}:{count}x{CROP_SIZE_PX}x{CROP_SIZE_PX}x3' + (
            f',{KEYPOINTS}:{count}x{len(COCO_NAMES)}x3' if self._takes_keypoints else '')
            for name, count in batches.items()}
        return [(_TENSORRT, {
            'device_id': _index(device), 'trt_engine_cache_enable': True,
            'trt_engine_cache_path': str(cache_folder() / 'tensorrt'),
            'trt_fp16_enable': precision == 'fp16', 'trt_bf16_enable': precision == 'bf16',
            'trt_int8_enable': precision == 'int8'} | {
                f'trt_profile_{name}_shapes': text for name, text in shapes.items()}),
            (_CUDA, {'device_id': _index(device)}), 'CPUExecutionProvider']


def _index(device: str) -> int:
    return int(device.partition(':')[2] or 0)
