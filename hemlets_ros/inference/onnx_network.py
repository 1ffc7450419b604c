"""A HEMlets network in ONNX, in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from hemlets_ros.model.model_config import ModelConfig
from hemlets_ros.people import WeightsInfo

CROPS, KEYPOINTS = 'crops', 'keypoints'
#: Names of the outputs, see NetworkOutput. Files of version 0.1 have only the first two: their graph repairs
#: left and right itself.
OUTPUTS = ('joints', 'spread', 'image_joints')
#: From onnx.proto: TensorProto.FLOAT, and field numbers: ModelProto.graph, GraphProto.initializer and output;
#: TensorProto.dims, data_type, name and raw_data; ValueInfoProto.name.
_FLOAT = 1
_GRAPH, _INITIALIZER, _OUTPUT = 7, 5, 12
_DIMS, _TYPE, _NAME, _NUMBERS, _OUTPUT_NAME = 1, 2, 8, 9, 1


@dataclass(frozen=True)
class OnnxNetwork:
    """A network in ONNX.

    Its inputs are crops (N, 256, 256, 3) uint8 BGR and, if `takes_keypoints`, keypoints (N, 17, 3). Its
    outputs are named after the fields of NetworkOutput.
    """

    model: bytes
    config: ModelConfig
    weights: WeightsInfo
    precision: str  # fp32 or int8
    takes_keypoints: bool
    #: Name of each additional output (a feature map) -> name of its value in the graph.
    features: dict[str, str] = field(default_factory=dict)


def with_tensors(model: bytes, tensors: dict[str, np.ndarray]) -> bytes:
    """Adds float32 tensors to an ONNX model, under the names that its graph uses.

    Protobuf defines the concatenation of two serialised messages as their merge, so a model that contains
    just the tensors is appended. This avoids the package onnx, which has 40 MB and takes 0.2 s to import.
    """
    return model + _field(_GRAPH, b''.join(_field(_INITIALIZER, _tensor(name, value))
                                           for name, value in tensors.items()))


def with_outputs(model: bytes, names: Iterable[str]) -> bytes:
    """Declares further values of the graph as outputs of an ONNX model, in the manner of `with_tensors`."""
    return model + b''.join(_field(_GRAPH, _field(_OUTPUT, _field(_OUTPUT_NAME, name.encode())))
                            for name in names)


def _tensor(name: str, value: np.ndarray) -> bytes:
    dims = b''.join(_varint(_DIMS << 3) + _varint(length) for length in value.shape)
    return dims + _varint(_TYPE << 3) + _varint(_FLOAT) + _field(_NAME, name.encode()) \
        + _field(_NUMBERS, value.astype('<f4').tobytes())


def _field(number: int, data: bytes) -> bytes:
    """A length-delimited field in protobuf's wire format."""
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(number: int) -> bytes:
    """A varint of protobuf: seven bits per byte, least significant first."""
    result = bytearray()
    while number > 0x7f:
        result.append(number & 0x7f | 0x80)
        number >>= 7
    result.append(number)
    return bytes(result)
