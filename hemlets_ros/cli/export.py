"""Writes a network as ONNX, for runtimes onnxruntime, openvino and tensorrt.

It is checked on real crops before it is written. Input: crops (N, 256, 256, 3) uint8 BGR, and keypoints
(N, 17, 3) for a network with a prior; output: joints (N, 18, 3) in [-0.5, 0.5] and their spread (N, 18).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from hemlets_ros.errors import OutputError

if TYPE_CHECKING:
    from hemlets_ros.runtimes.clip_people import Sample

_CALIBRATION_CROPS = 128


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--weights', default='', metavar='FILE',
                        help="our .safetensors or the authors' .pth; none: those that come with the package")
    parser.add_argument('--out', required=True, metavar='FILE.onnx', help='the file to write')
    parser.add_argument('--input-px', type=int, default=0, metavar='PX',
                        help='crops are shrunk to this for the network, a multiple of 32, as by hemlets run; '
                             '0: as the weights have it')
    parser.add_argument('--opset', type=int, default=20, help='of the ONNX format')
    parser.add_argument('--precision', choices=('fp32', 'int8'), default='fp32',
                        help='int8: convolutions in 8 bits; what it costs and gains is printed')
    parser.add_argument('--calibration', default='', metavar='SHARDS',
                        help=f'int8: measure ranges on the first {_CALIBRATION_CROPS} people of these '
                             "shards; none: on the bundled clip's")


def main(options: argparse.Namespace) -> int:
    out = Path(options.out)
    if out.suffix != '.onnx' or not out.absolute().parent.is_dir():
        raise OutputError(f'cannot write {out}: ' + (
            'it must end with .onnx' if out.suffix != '.onnx' else 'no such folder'))
    from hemlets_ros.runtimes.exported import check_installed

    check_installed('onnxruntime')
    # Imported here: torch takes seconds, and errors above and --help need none of it.
    from hemlets_ros.model import load
    from hemlets_ros.model.files import SHIPPED
    from hemlets_ros.model.weights import training_facts
    from hemlets_ros.runtimes.export import export

    path = Path(options.weights or SHIPPED)
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

    from hemlets_ros.datasets.shards import find_shards, read_shard
    from hemlets_ros.evaluation.dataset import crop_of
    from hemlets_ros.model.decode import crop_keypoints
    from hemlets_ros.runtimes.clip_people import Sample

    people = (sample for url in find_shards(shards) for sample in read_shard(url))
    crops = [crop_of(sample) for sample in islice(people, _CALIBRATION_CROPS)]
    return Sample(np.stack([crop.image for crop in crops]), crop_keypoints(crops))
