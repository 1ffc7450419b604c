"""Runs Google's original MoveNet MultiPose in TensorFlow, for the golden values of the tests:

    pip install tensorflow-cpu
    python -m hemlets_ros.lab.shipping.movenet_reference package/models test/data/movenet_golden.npz

package/models: as for movenet_graph. The image is the first of the tests' clip, scaled to 512 x 288 px.
"""

from __future__ import annotations

import argparse
import base64
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from hemlets_ros.lab.shipping.movenet_graph import SOURCE, tensors_of

_CLIP = Path(__file__).parents[3] / 'test' / 'data' / 'two_people.mp4'
_SIZE_PX = 512, 288
_SCORE = 0.1  # minimum score of people
_FUSED = {'_FusedConv2D': 'Conv2D', 'FusedDepthwiseConv2dNative': 'DepthwiseConv2dNative'}


def run(models: Path, image: np.ndarray) -> np.ndarray:
    """Output (6, 56) for a (H, W, 3) uint8 BGR image.

    Each row has y, x, score of 17 keypoints, then ymin, xmin, ymax, xmax, score, relative to the image size.
    """
    import tensorflow as tf

    described = json.loads((models / f'{SOURCE}.json').read_text())
    tensors = tensors_of(described, (models / f'{SOURCE}.bin').read_bytes())
    graph = tf.compat.v1.GraphDef()
    for layer in described['modelTopology']['node']:
        if layer['op'] == 'Const':
            value = tensors[layer['name']]
            value = value.astype(np.float32) if value.dtype == np.float16 else value
            graph.node.append(tf.compat.v1.NodeDef(name=layer['name'], op='Const'))
            graph.node[-1].attr['dtype'].type = tf.as_dtype(value.dtype).as_datatype_enum
            graph.node[-1].attr['value'].tensor.CopyFrom(tf.make_tensor_proto(value))
        else:
            graph.node.extend(_nodes(layer, tf))

    def model(pixels: Any) -> Any:
        return tf.graph_util.import_graph_def(graph, {'input:0': pixels}, ['Identity:0'])[0]

    wrapped = tf.compat.v1.wrap_function(model, [tf.TensorSpec([1, None, None, 3], tf.int32)])
    return wrapped(tf.constant(image[None, ..., ::-1].astype(np.int32))).numpy()[0]


def _nodes(layer: dict[str, Any], tf: Any) -> list[Any]:
    """The TensorFlow nodes of a TensorFlow.js layer; a fused layer becomes a chain of nodes."""
    from google.protobuf.json_format import ParseDict

    layer = {key: value for key, value in layer.items() if key != 'device'}
    attributes = layer.get('attr', {})
    if layer['op'] not in _FUSED:
        attributes.pop('explicit_paddings', None)
        if 'data_format' in attributes:  # "NHWC", base64-encoded twice
            attributes['data_format'] = {'s': base64.b64encode(b'NHWC').decode()}
        return [ParseDict(layer, tf.compat.v1.NodeDef())]
    kinds = [_FUSED[layer['op']]] + [
        base64.b64decode(each).decode() for each in attributes['fused_ops']['list']['s']]
    nodes: list[Any] = []
    for number, kind in enumerate(kinds):
        name = layer['name'] + ('' if number == len(kinds) - 1 else f'/fused_{number}')
        inputs = layer['input'][:2] if number == 0 else \
            [nodes[-1].name, *(layer['input'][2:3] if kind == 'BiasAdd' else [])]
        nodes.append(tf.compat.v1.NodeDef(name=name, op=kind, input=inputs))
        nodes[-1].attr['T'].type = tf.float32.as_datatype_enum
        if number == 0:
            nodes[-1].attr['strides'].list.i.extend(map(int, attributes['strides']['list']['i']))
            nodes[-1].attr['padding'].s = base64.b64decode(attributes['padding']['s'])
    return nodes


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('models', type=Path, help='folder with movenet-multipose.json and .bin')
    parser.add_argument('golden', type=Path, help='file to write')
    options = parser.parse_args()
    found, first = cv2.VideoCapture(str(_CLIP)).read()
    assert found
    people = run(options.models, cv2.resize(first, _SIZE_PX, interpolation=cv2.INTER_LINEAR))
    np.savez(options.golden, people=people[people[:, -1] > _SCORE])
