"""Writes hemlets_ros/weights/hemlets_lite.graph.onnx and .json. Run it when the network's layers change:

    python -m hemlets_ros.lab.shipping.pose_graph

New weights of the same network use the same graph.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from hemlets_ros.inference.onnx_export import OPSET, to_onnx
from hemlets_ros.inference.onnx_network import CROPS, KEYPOINTS
from hemlets_ros.inference.sample_crops import clip_people
from hemlets_ros.inference.shipped_graph import GRAPH
from hemlets_ros.lab.shipping.bare_graph import strip_debug_info
from hemlets_ros.model import HEMlets, load
from hemlets_ros.model.fused import for_inference
from hemlets_ros.model.fused_weights import fused_weights

_TRUST = 'prior.trust'
#: Feature maps, and the weights of the layer that reads each.
_READERS = {'middle': 'neck.lateral.1.weight'}


class _WithTrustInput(nn.Module):
    """The fused network; a parameter that the exporter would fold into constants is an input instead."""

    def __init__(self, fused: nn.Module) -> None:
        super().__init__()
        self.fused = fused

    def forward(self, crops: Tensor, keypoints: Tensor, trust: Tensor) -> tuple[Tensor, ...]:
        outputs: tuple[Tensor, ...] = torch.func.functional_call(
            self.fused, {_TRUST: trust}, (crops, keypoints))
        return outputs


def write_graph(network: HEMlets, path: Path) -> None:
    """Writes the graph of a network with a keypoint prior, without weights."""
    fused, sample = for_inference(network), clip_people(2)
    trust = fused.get_parameter(_TRUST).data
    model = to_onnx(_WithTrustInput(fused), {CROPS: torch.from_numpy(sample.crops),
                                   KEYPOINTS: torch.from_numpy(sample.keypoints), _TRUST: trust},
                    OPSET, fixed=(_TRUST,))
    source = {name: value.numpy() for name, value in network.state_dict().items()}
    weights = fused_weights(source, network.config)
    for entry in [entry for entry in model.graph.input if entry.name == _TRUST]:
        model.graph.input.remove(entry)
    for node in model.graph.node:
        for index, name in enumerate(node.input):
            node.input[index] = name.removeprefix('fused.')
    for tensor in list(model.graph.initializer):
        tensor.name = tensor.name.removeprefix('fused.')
        if tensor.name in weights:
            model.graph.initializer.remove(tensor)
    used = {name for node in model.graph.node for name in node.input}
    assert set(weights) <= used, f'not in the graph: {set(weights) - used}'
    strip_debug_info(model)
    path.write_bytes(model.SerializeToString())
    path.with_suffix('.json').write_text(json.dumps(
        {'config': asdict(network.config), 'features': features_of(model),
         'shapes': {name: list(value.shape) for name, value in source.items()}}) + '\n')


def features_of(model: onnx.ModelProto) -> dict[str, str]:
    """Feature maps that the body head reads -> names in the graph."""
    return {name: next(node.input[0] for node in model.graph.node if list(node.input[1:2]) == [reader])
            for name, reader in _READERS.items()}


if __name__ == '__main__':
    write_graph(load(), GRAPH)
