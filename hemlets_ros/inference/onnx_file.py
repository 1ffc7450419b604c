"""Exported ONNX files and their metadata. Reading a file never runs code from it."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError

from hemlets_ros.errors import WeightsError
from hemlets_ros.inference.onnx_network import CROPS, KEYPOINTS, OnnxNetwork
from hemlets_ros.model.model_config import ModelConfig
from hemlets_ros.model.weights_files import CONFIG_KEY, JOINTS_KEY, TRAINING_KEY, metadata_json
from hemlets_ros.people import WeightsInfo
from hemlets_ros.skeleton import JOINT_NAMES

_NAME_KEY, _HASH_KEY, _TRAINED_KEY, _PRECISION_KEY = 'weights', 'weights_sha256', 'trained', 'precision'


def read_onnx(path: Path) -> OnnxNetwork:
    """Reads an exported file. Raises WeightsError if it is missing, damaged, or not from `hemlets export`."""
    if not path.is_file():
        raise WeightsError(f'no weights file at {path}')
    return parse_onnx(path.read_bytes(), str(path))


def parse_onnx(data: bytes, path: str) -> OnnxNetwork:
    """Like read_onnx, for the content of a file; `path` is its name in error messages."""
    try:
        model = onnx.load_model_from_string(data)
    except DecodeError as error:
        raise WeightsError(f'{path} is not a whole ONNX file') from error
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    inputs = [entry.name for entry in model.graph.input]
    if CONFIG_KEY not in metadata or inputs not in ([CROPS], [CROPS, KEYPOINTS]):
        raise WeightsError(f'{path} is not a HEMlets network: make it by hemlets export')
    if metadata_json(path, metadata.get(JOINTS_KEY, 'null')) != list(JOINT_NAMES):
        raise WeightsError(f'{path} was trained for other joints than ours')
    if any(each.data_location == onnx.TensorProto.EXTERNAL for each in model.graph.initializer):
        raise WeightsError(f'{path} refused: it refers to other files')
    weights = WeightsInfo(metadata.get(_NAME_KEY, path), metadata.get(_HASH_KEY, ''),
                          metadata.get(_TRAINED_KEY) != 'false')
    return OnnxNetwork(data, ModelConfig.from_json(metadata[CONFIG_KEY]), weights,
                       metadata.get(_PRECISION_KEY, 'fp32'), KEYPOINTS in inputs)


def describe(model: onnx.ModelProto, config: ModelConfig, weights: WeightsInfo, precision: str,
             training: dict[str, object]) -> None:
    """Sets the metadata of a model that `read_onnx` needs, and the facts about its training."""
    onnx.helper.set_model_props(model, {
        CONFIG_KEY: config.to_json(), JOINTS_KEY: json.dumps(JOINT_NAMES), TRAINING_KEY: json.dumps(training),
        _NAME_KEY: weights.name, _HASH_KEY: weights.sha256, _TRAINED_KEY: json.dumps(weights.trained),
        _PRECISION_KEY: precision})
