"""The default network for ONNX backends without PyTorch and without an export: the package contains the
graph, and the tensors are read from a weights file.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from hemlets_ros.inference.onnx_network import OnnxNetwork, with_outputs, with_tensors
from hemlets_ros.model.fused_weights import fused_weights
from hemlets_ros.model.model_config import ModelConfig
from hemlets_ros.model.weights_files import (
    SHIPPED,
    check_finite,
    check_shapes,
    config_of,
    name_of,
    open_safetensors,
    sha256,
)
from hemlets_ros.people import WeightsInfo
from hemlets_ros.settings import PoseSettings

#: The graph; and the configuration and tensor shapes of the weights files that it accepts. Both are written
#: by hemlets_ros/lab/shipping/pose_graph.py.
GRAPH = SHIPPED.with_suffix('.graph.onnx')
FITS = SHIPPED.with_suffix('.graph.json')


def shipped_network(pose: PoseSettings) -> OnnxNetwork | None:
    """The network that `pose` selects, if it fits the shipped graph; None: it must be exported.

    Raises WeightsError for a bad weights file.
    """
    path = Path(pose.weights or SHIPPED)
    if path.suffix != '.safetensors' or not pose.fuse or pose.precision == 'int8' \
            or (not pose.weights and pose.variant == 'full'):
        return None
    metadata, state = open_safetensors(path, 'np')
    config = config_of(path, metadata)
    fits = json.loads(FITS.read_text())
    own = ModelConfig(**fits['config'])
    # The depth frame matters after the network only.
    if replace(config, depth_frame=own.depth_frame, input_px=pose.input_px or config.input_px) != own:
        return None
    check_shapes(path, {name: value.shape for name, value in state.items()}, fits['shapes'])
    weights = fused_weights(state, config)
    if not all(np.isfinite(value).all() for value in weights.values()):  # faster than checking `state`
        check_finite(path, [name for name, value in state.items() if not np.isfinite(value).all()])
    features: dict[str, str] = fits['features'] if pose.body else {}
    model = with_outputs(with_tensors(GRAPH.read_bytes(), weights), features.values())
    return OnnxNetwork(model, replace(config, input_px=own.input_px),
                       WeightsInfo(name_of(path, None), sha256(path)), 'fp32', takes_keypoints=True,
                       features=features)
