"""OpenVINO, on the CPU."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import openvino

from hemlets_ros.errors import SettingsError, WeightsError
from hemlets_ros.system.cache import cache_folder
from hemlets_ros.system.device import available_cores

_HINTS = {'fp32': 'f32', 'int8': 'f32', 'bf16': 'bf16'}  # int8: layers that are not quantised run in fp32


class OpenVinoSession:
    """See OnnxSession."""

    device = 'cpu'

    def __init__(self, model: bytes, device: str = 'auto', precision: str = 'fp32') -> None:
        """Raises SettingsError if `device` or `precision` is not available, WeightsError for a bad model."""
        if device not in ('auto', 'cpu'):
            raise SettingsError(f'the backend openvino runs on the CPU, not on {device}')
        if precision not in _HINTS:
            raise SettingsError(f'precision {precision} is not for the backend openvino')
        core = openvino.Core()
        try:
            compiled = core.compile_model(core.read_model(model, b''), 'CPU', {
                'PERFORMANCE_HINT': 'LATENCY', 'INFERENCE_NUM_THREADS': available_cores(),
                # The defaults are bf16 where the CPU supports it, and threads pinned to cores, which slows
                # other processes.
                'INFERENCE_PRECISION_HINT': _HINTS[precision], 'ENABLE_CPU_PINNING': False,
                'CACHE_DIR': str(cache_folder() / 'openvino')})
        except RuntimeError as error:
            raise WeightsError(f'OpenVINO cannot load the network: {error}') from error
        self._names = [entry.get_any_name() for entry in compiled.outputs]
        self._request = compiled.create_infer_request()

    def __call__(self, inputs: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        output = self._request.infer(dict(inputs))
        return {name: np.copy(output[name]) for name in self._names}
