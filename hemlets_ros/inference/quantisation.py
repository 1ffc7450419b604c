"""Static 8-bit quantisation of the feature layers; activation ranges are measured on real crops."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnxruntime import quantization
from onnxruntime.quantization.shape_inference import quant_pre_process

from hemlets_ros.inference.onnx_network import CROPS, KEYPOINTS
from hemlets_ros.inference.sample_crops import Sample


class _Reader(quantization.CalibrationDataReader):  # type: ignore[misc] # onnxruntime has no types

    def __init__(self, sample: Sample, names: list[str]) -> None:
        self._rows = ({name: {CROPS: sample.crops, KEYPOINTS: sample.keypoints}[name][row:row + 1]
                       for name in names} for row in range(len(sample.crops)))

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self._rows, None)


#: If only convolutions are quantised, their inputs and outputs are converted to and from 8 bits each time,
#: and half of the speed-up is lost.
_LAYERS = ['Conv', 'Add', 'Clip', 'Relu']


def quantised(model: onnx.ModelProto, sample: Sample) -> onnx.ModelProto:
    """Quantises convolutions, their activations and sums of features to 8 bits, except three convolutions.

    The first two convolutions are close to the pixels, where 8 bits lose accuracy, and take little time. The
    last one computes the volume's logits, whose errors move joints directly. Other operations, such as those
    of the lifter and the softmax, stay in fp32.
    """
    with tempfile.TemporaryDirectory() as folder:
        exact, prepared, result = (Path(folder, f'{name}.onnx') for name in ('exact', 'prepared', 'int8'))
        onnx.save(model, exact)
        quant_pre_process(exact, prepared, skip_symbolic_shape=True)
        quantization.quantize_static(
            prepared, result, _Reader(sample, [entry.name for entry in model.graph.input]),
            quant_format=quantization.QuantFormat.QDQ, op_types_to_quantize=_LAYERS, per_channel=True,
            activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8,
            nodes_to_exclude=_exact(onnx.load(prepared).graph))
        return onnx.load(result)


def _exact(graph: onnx.GraphProto) -> list[str]:
    """The names of the layers that stay in 32 bits."""
    convolutions = [node.name for node in graph.node if node.op_type == 'Conv']
    makes = {name: node.op_type for node in graph.node for name in node.output}
    others = [node.name for node in graph.node if node.op_type in _LAYERS[1:]
              and not all(makes.get(name) in _LAYERS for name in _features(node))]
    return [*convolutions[:2], convolutions[-1], *others]


def _features(node: onnx.NodeProto) -> list[str]:
    """The inputs that are no limits of an activation."""
    return list(node.input) if node.op_type == 'Add' else list(node.input[:1])
