"""ONNX Runtime on the CPU, or on a GPU by CUDA or TensorRT, depending on the installed wheel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import onnxruntime

from hemlets_ros.errors import SettingsError, WeightsError
from hemlets_ros.inference.session_options import session_options
from hemlets_ros.system.cache import cache_folder
from hemlets_ros.system.device import device_type
from hemlets_ros.system.extras import require

_CUDA, _TENSORRT = 'CUDAExecutionProvider', 'TensorrtExecutionProvider'


class OnnxRuntimeSession:
    """See OnnxSession. The GPU code is untested."""

    NAME: ClassVar[str] = 'onnxruntime'

    def __init__(self, model: bytes, device: str = 'auto', precision: str = 'fp32') -> None:
        """Raises SettingsError if `device` or `precision` is not available, WeightsError for a bad model."""
        providers = self._providers(model, device, precision)
        try:
            self._session = onnxruntime.InferenceSession(model, session_options(), providers)
        except Exception as error:  # ONNX Runtime has no common base class for errors in a model
            raise WeightsError(f'ONNX Runtime cannot load the network: {error}') from error
        self._outputs = [entry.name for entry in self._session.get_outputs()]
        self.device = 'cuda' if self._session.get_providers()[0] in (_CUDA, _TENSORRT) else 'cpu'
        if self.device == 'cpu':  # drop the copy of the model, which is kept for a fallback from GPU to CPU
            self._session.disable_fallback()
            self._session._model_bytes = None

    def __call__(self, inputs: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        return dict(zip(self._outputs, self._session.run(self._outputs, dict(inputs)), strict=True))

    def _providers(self, model: bytes, device: str, precision: str) -> list[Any]:
        if precision not in ('fp32', 'int8'):
            raise SettingsError(f'precision {precision} is not for the backend {self.NAME}')
        cpu = ['CPUExecutionProvider']
        if _CUDA not in onnxruntime.get_available_providers():
            if device not in ('auto', 'cpu'):
                raise SettingsError(f'device {device} needs onnxruntime-gpu; this is onnxruntime for the CPU')
            return cpu
        return cpu if device_type(device) == 'cpu' else [(_CUDA, {'device_id': _index(device)}), *cpu]


class TensorRtSession(OnnxRuntimeSession):
    """TensorRT by ONNX Runtime; its engines are cached on disk."""

    NAME = 'tensorrt'

    def _providers(self, model: bytes, device: str, precision: str) -> list[Any]:
        if _TENSORRT not in onnxruntime.get_available_providers():
            raise SettingsError('backend tensorrt needs onnxruntime-gpu and TensorRT')
        shapes = {name: ','.join(f'{key}:{"x".join(map(str, (count, *rest)))}'
                                 for key, rest in _inputs(model))
                  for name, count in {'min': 1, 'opt': 4, 'max': 32}.items()}
        return [(_TENSORRT, {
            'device_id': _index(device), 'trt_engine_cache_enable': True,
            'trt_engine_cache_path': str(cache_folder() / 'tensorrt'),
            'trt_fp16_enable': precision == 'fp16', 'trt_bf16_enable': precision == 'bf16',
            'trt_int8_enable': precision == 'int8'} | {
                f'trt_profile_{name}_shapes': text for name, text in shapes.items()}),
            (_CUDA, {'device_id': _index(device)}), 'CPUExecutionProvider']


def _inputs(model: bytes) -> list[tuple[str, tuple[int, ...]]]:
    """Name and shape (without the batch axis) of a model's inputs."""
    require('onnx', 'backend tensorrt')
    import onnx

    return [(entry.name, tuple(each.dim_value for each in entry.type.tensor_type.shape.dim[1:]))
            for entry in onnx.load_model_from_string(model).graph.input]


def _index(device: str) -> int:
    return int(device.partition(':')[2] or 0)
