"""Writes a network as ONNX, for backends onnxruntime, openvino and tensorrt.

It is checked on real crops before it is written. Input: crops (N, 256, 256, 3) uint8 BGR, and keypoints
(N, 17, 3) for a network with a prior; output: joints (N, 18, 3) in [-0.5, 0.5] and their spread (N, 18).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from hemlets_ros.cli.arguments import add_settings, output_name
from hemlets_ros.errors import OutputError
from hemlets_ros.settings import OutputSettings
from hemlets_ros.system.output_path import check_outputs

if TYPE_CHECKING:
    from hemlets_ros.inference.sample_crops import Sample

_CALIBRATION_CROPS = 128


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--weights', default='', metavar='FILE',
                        help="our .safetensors or the authors' .pth; empty: those of the package")
    parser.add_argument('--out', required=True, type=output_name, metavar='FILE.onnx',
                        help='the file to write')
    parser.add_argument('--input-px', type=int, default=0, metavar='PX',
                        help="size of the network's input, a multiple of 32, as in hemlets run; 0: that of "
                             'the weights')
    parser.add_argument('--opset', type=int, default=20, help='opset of the ONNX format')
    parser.add_argument('--precision', choices=('fp32', 'int8'), default='fp32',
                        help='int8: convolutions in 8 bits; accuracy and speed against fp32 are printed')
    parser.add_argument('--calibration', default='', metavar='SHARDS',
                        help=f'int8: measure ranges on the first {_CALIBRATION_CROPS} people of these '
                             'shards; empty: on those of the bundled clip')
    add_settings(parser, OutputSettings)


def main(options: argparse.Namespace) -> int:
    out = Path(options.out)
    if out.suffix != '.onnx':
        raise OutputError(f'cannot write {out}: it must end with .onnx')
    check_outputs([out], [options.weights, options.calibration], options.overwrite)
    from hemlets_ros.inference.installed import check_installed

    check_installed('onnxruntime')
    # Imported late, so that --help and the errors above do not wait seconds for torch.
    from hemlets_ros.inference.onnx_export import export
    from hemlets_ros.model import load
    from hemlets_ros.model.weights_files import training_facts, weights_path

    path = weights_path(options.weights)
    network = load(options.weights or None, input_px=options.input_px)
    report = export(network, out, precision=options.precision, opset=options.opset,
                    training=training_facts(path) if path.suffix == '.safetensors' else {},
                    calibration=_sample(options.calibration) if options.calibration else None)
    print(f'{out}  {out.stat().st_size / 1e6:.1f} MB  of {network.weights.name}, {options.precision}')
    print(f'{report.crops} real crops: joints {report.mean_mm:.3f} mm from those of PyTorch in fp32 in the '
          f'mean, greatest difference {report.greatest:.1e} of the crop')
    if report.ms_a_crop:
        print('time a crop on this machine: ' + ', '.join(
            f'{name} {each:g} ms' for name, each in report.ms_a_crop.items()))
    return 0


def _sample(shards: str) -> Sample:
    from itertools import islice

    import numpy as np

    from hemlets_ros.inference.sample_crops import Sample
    from hemlets_ros.lab.datasets.shards import find_shards, read_shard
    from hemlets_ros.lab.evaluation.dataset import crop_of
    from hemlets_ros.model.decode import crop_keypoints

    people = (sample for url in find_shards(shards) for sample in read_shard(url))
    crops = [crop_of(sample) for sample in islice(people, _CALIBRATION_CROPS)]
    return Sample(np.stack([crop.image for crop in crops]), crop_keypoints(crops))
