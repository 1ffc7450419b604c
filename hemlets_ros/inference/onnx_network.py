"""A HEMlets network in ONNX, in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from hemlets_ros.model.model_config import ModelConfig
from hemlets_ros.people import WeightsInfo

CROPS, KEYPOINTS = 'crops', 'keypoints'
#: As in NetworkOutput; files of version 0.1 have the first two, and correct left and right themselves.
OUTPUTS = ('joints', 'spread', 'image_joints')
#: Of ONNX: the number of 32-bit floats among its types; where a model keeps its graph, a graph its tensors,
#: and a tensor its dimensions, type, name and numbers.
_FLOAT = 1
_GRAPH, _INITIALIZER, _OUTPUT = 7, 5, 12
_DIMS, _TYPE, _NAME, _NUMBERS, _OUTPUT_NAME = 1, 2, 8, 9, 1


@dataclass(frozen=True)
class OnnxNetwork:
    """A network in ONNX. Crops (N, 256, 256, 3) uint8 BGR, and keypoints (N, 17, 3) where it takes them ->
    the fields of NetworkOutput.
    """

    model: bytes
    config: ModelConfig
    weights: WeightsInfo
    precision: str  # fp32 or int8
    takes_keypoints: bool
    #: Feature maps that it also gives -> their names in it.
    features: dict[str, str] = field(default_factory=dict)


def with_tensors(model: bytes, tensors: dict[str, np.ndarray]) -> bytes:
    """An ONNX model with float32 tensors added, by the names that its graph has for them.

    Two serialised models one after the other are one, with the tensors of both: so protobuf defines it. This
    needs nothing of the package onnx, which is 40 MB and takes a fifth of a second to import.
    """
    return model + _field(_GRAPH, b''.join(_field(_INITIALIZER, _tensor(name, value))
                                           for name, value in tensors.items()))


def with_outputs(model: bytes, names: Iterable[str]) -> bytes:
    """An ONNX model that also gives these values of its graph; as `with_tensors`."""
    return model + b''.join(_field(_GRAPH, _field(_OUTPUT, _field(_OUTPUT_NAME, name.encode())))
                            for name in names)


def _tensor(name: str, value: np.ndarray) -> bytes:
    dims = b''.join(_varint(_DIMS << 3) + _varint(length) for length in value.shape)
    return dims + _varint(_TYPE << 3) + _varint(_FLOAT) + _field(_NAME, name.encode()) \
        + _field(_NUMBERS, value.astype('<f4').tobytes())


def _field(number: int, data: bytes) -> bytes:
    """A field of protobuf's wire format that holds bytes."""
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(number: int) -> bytes:
    """Seven bits a byte, the least first."""
    result = bytearray()
    while number > 0x7f:
        result.append(number & 0x7f | 0x80)
        number >>= 7
    result.append(number)
    return bytes(result)
