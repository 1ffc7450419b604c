"""ONNX's reference implementation as a backend of hemlets_ros: `backend:=reference`.

It is written in NumPy and takes seconds per crop, but follows the definition of every operator. Use it to
find out which backend is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

from hemlets_ros.errors import SettingsError


class ReferenceSession:
    """See hemlets_ros.inference.onnx_backend.OnnxSession; the class itself is the factory."""

    device = 'cpu'

    def __init__(self, model: bytes, device: str, precision: str) -> None:
        if device not in ('auto', 'cpu') or precision != 'fp32':
            raise SettingsError('the backend reference has device cpu and precision fp32 only')
        self._evaluator = ReferenceEvaluator(onnx.load_model_from_string(model))

    def __call__(self, inputs: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        return dict(zip(self._evaluator.output_names, self._evaluator.run(None, dict(inputs)), strict=True))
