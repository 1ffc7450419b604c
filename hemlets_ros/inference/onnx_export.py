"""Exports a network to ONNX; before it is written it is compared with PyTorch on real crops."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from hemlets_ros.errors import OutputError, WeightsError
from hemlets_ros.geometry.volume import DEPTH_RANGE_MM
from hemlets_ros.inference.backend import Backend
from hemlets_ros.inference.installed import run_exported
from hemlets_ros.inference.measure import times_ms
from hemlets_ros.inference.onnx_file import describe, parse_onnx
from hemlets_ros.inference.onnx_network import CROPS, KEYPOINTS, OUTPUTS
from hemlets_ros.inference.sample_crops import Sample, clip_people
from hemlets_ros.inference.torch_backend import TorchBackend
from hemlets_ros.model.fused import for_inference
from hemlets_ros.model.network import HEMlets

#: ONNX opset: the first with all operators that the networks use.
OPSET = 20
#: Greatest allowed difference from PyTorch's joints, as a share of the crop's width or of the depth range.
#: Random weights produce several sharp maxima of equal height, so rounding can move joints.
TOLERANCE, TOLERANCE_UNTRAINED = 1e-4, 1e-2


@dataclass(frozen=True)
class Report:
    """Comparison of an exported network with PyTorch on sample crops."""

    greatest: float  # greatest difference of a coordinate, as a share of the crop's width or depth range
    mean_mm: float  # mean distance of the joints, for a crop as wide as the depth range (2 m)
    crops: int  # number of crops
    ms_a_crop: dict[str, float]  # precision -> time on this machine; empty for fp32


def export(network: HEMlets, path: Path, *, precision: str = 'fp32', opset: int = OPSET,
           keypoints: bool = True, fuse: bool = True, training: dict[str, object] | None = None,
           calibration: Sample | None = None) -> Report:
    """Writes a network, which must be on the CPU, as an ONNX file for `read_onnx`.

    Args:
        precision: fp32, or int8 for quantised convolutions.
        keypoints: export the keypoint input, if the network has a keypoint prior.
        fuse: as in `for_inference`.
        training: facts about the training, to be written into the file.
        calibration: crops on which the activation ranges of int8 are measured; None: the
            bundled clip's people.

    Raises WeightsError if the joints differ from PyTorch's, OutputError if the file cannot be written.
    """
    sample = clip_people()
    known = keypoints and network.prior is not None
    inputs = {CROPS: sample.crops} | ({KEYPOINTS: sample.keypoints} if known else {})
    model = to_onnx(for_inference(network, fuse),
                     {name: torch.from_numpy(each[:2]) for name, each in inputs.items()}, opset)
    models = {'fp32': model}
    if precision == 'int8':
        from hemlets_ros.inference.quantisation import quantised

        models['int8'] = quantised(model, calibration or sample)
    for each in models.values():
        describe(each, network.config, network.weights, precision, training or {})
    backends = {name: run_exported(parse_onnx(each.SerializeToString(), str(path)), 'cpu')
                for name, each in models.items()}
    report = _compare(network, backends, sample, known)
    allowed = TOLERANCE if network.weights.trained else TOLERANCE_UNTRAINED
    if precision == 'fp32' and not report.greatest <= allowed:
        raise WeightsError(f'the exported network is off by {report.greatest:.2g} of the crop '
                           f'({report.mean_mm:.2f} mm in the mean; allowed: {allowed:g}): not written. '
                           'Another opset, or other versions of torch and onnx, may help')
    part = path.with_name(f'.{path.name}.part')
    try:
        part.write_bytes(models[precision].SerializeToString())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(f'cannot write {path}: {error.strerror}') from error
    return report


def to_onnx(network: nn.Module, inputs: dict[str, Tensor], opset: int,
            fixed: tuple[str, ...] = ()) -> onnx.ModelProto:
    """Converts a module to ONNX with a variable batch size; fixed: names of inputs without a batch axis."""
    batch = torch.export.Dim('batch')
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # they are about PyTorch's internals
        program = torch.onnx.export(
            network, tuple(inputs.values()), input_names=list(inputs), output_names=list(OUTPUTS),
            dynamic_shapes=tuple({} if name in fixed else {0: batch} for name in inputs),
            opset_version=opset, dynamo=True, verbose=False)
    assert program is not None  # always true with dynamo
    return program.model_proto


def _compare(network: HEMlets, backends: dict[str, Backend], sample: Sample, known: bool) -> Report:
    """Compares the last backend with PyTorch, and measures times if there are several."""
    keypoints = sample.keypoints if known else None
    before = TorchBackend(network, fuse=False)(sample.crops, keypoints).joints
    after = list(backends.values())[-1](sample.crops, keypoints).joints
    return Report(float(np.abs(after - before).max()),
                  float(np.linalg.norm((after - before) * DEPTH_RANGE_MM, axis=-1).mean()), len(before),
                  times_ms(backends) if len(backends) > 1 else {})
