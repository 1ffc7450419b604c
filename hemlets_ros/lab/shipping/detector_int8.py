"""Writes the bundled detector quantised to 8 bits (AGPL-3.0, like the original):

    python -m hemlets_ros.lab.shipping.detector_int8 hemlets_ros/weights/yolo11n-pose-int8.onnx \
        hemlets_ros/sources/clips/walk_and_jump.mp4 PICTURES

The ranges of activations are measured on images sampled from the given videos, images and folders. PICTURES
were Intel's sample pictures (people/intel, CC BY 4.0). Some layers stay in 32 bits: the first convolution,
the last convolutions of each head, and the decoding of boxes and keypoints, whose px need more than 8 bits.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnxruntime import quantization
from onnxruntime.quantization.shape_inference import quant_pre_process

from hemlets_ros.detection.onnx_yolo import pixels_of
from hemlets_ros.detection.yolo_files import SHIPPED_GRAPH
from hemlets_ros.settings import FOLDER_RATE_HZ, SourceSettings
from hemlets_ros.sources import open_source

_SIZE_PX, _STRIDE = 960, 32
#: Layers to quantise. With convolutions only, the conversions around each of them cost a third of the gain.
_LAYERS = ['Conv', 'Sigmoid', 'Mul', 'Add', 'Concat', 'Split', 'MaxPool', 'Resize']


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', type=Path)
    parser.add_argument('sources', nargs='+', metavar='SOURCE')
    parser.add_argument('--count', type=int, default=40, help='images, as many of each source')
    options = parser.parse_args()
    each = max(options.count // len(options.sources), 1)
    write(options.out, [image for source in options.sources for image in _spread(source, each)])


def write(out: Path, images: list[np.ndarray]) -> None:
    """Measures the ranges of activations on (H, W, 3) BGR images, and writes the model."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder, 'prepared.onnx')
        quant_pre_process(SHIPPED_GRAPH, prepared, skip_symbolic_shape=True)
        model = onnx.load(prepared)
        quantization.quantize_static(
            prepared, out, _Reader(images, model.graph.input[0].name),
            quant_format=quantization.QuantFormat.QDQ, per_channel=True, op_types_to_quantize=_LAYERS,
            activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8,
            # 7 bits for weights: without VNNI, pairs of products are added in 16 bits and would overflow.
            reduce_range=True, nodes_to_exclude=_float_layers([node.name for node in model.graph.node]))
    made, shipped = onnx.load(out), onnx.load(SHIPPED_GRAPH, load_external_data=False)
    onnx.helper.set_model_props(made, {entry.key: entry.value for entry in shipped.metadata_props})
    onnx.save(made, out)


def _float_layers(names: list[str]) -> list[str]:
    """Names of layers, such as /model.23/cv4.0/cv4.0.1/conv/Conv, that stay in 32 bits."""
    convolutions = [name for name in names if name.endswith('/Conv')]
    heads = convolutions[-1].split('/')[1]  # the last module
    return [convolutions[0], *(name for name in names if name.split('/')[1] == heads
                               and not name.endswith('/conv/Conv') and '/act/' not in name),
            convolutions[-1]]


class _Reader(quantization.CalibrationDataReader):  # type: ignore[misc] # onnxruntime has no types
    def __init__(self, images: list[np.ndarray], name: str) -> None:
        self._rows = ({name: pixels_of(image, _SIZE_PX, _STRIDE)[0]} for image in images)

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self._rows, None)


def _spread(source: str, count: int) -> list[np.ndarray]:
    images = [item.image for item in open_source(SourceSettings(source=source), FOLDER_RATE_HZ)]
    return [images[index] for index in np.unique(np.linspace(0, len(images) - 1, count).round().astype(int))]


if __name__ == '__main__':
    main()
