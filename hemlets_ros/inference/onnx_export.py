"""A network -> ONNX, checked against PyTorch on real crops before it is written."""

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

#: Of the ONNX format: the first with all operators that the networks use.
OPSET = 20
#: By how much joints may differ from PyTorch's, of the crop's width or of the depth range. Random weights
#: make sharp peaks of the same height, between which rounding alone moves joints.
TOLERANCE, TOLERANCE_UNTRAINED = 1e-4, 1e-2


@dataclass(frozen=True)
class Report:
    """An exported network against PyTorch, and against itself in 32 bits, on N crops."""

    greatest: float  # difference of a coordinate, of the crop's width or of the depth range
    mean_mm: float  # difference of the joints, in a crop as wide as the depth range, which fits a person
    crops: int
    ms_a_crop: dict[str, float]  # precision -> time on this machine


def export(network: HEMlets, path: Path, *, precision: str = 'fp32', opset: int = OPSET,
           keypoints: bool = True, fuse: bool = True, training: dict[str, object] | None = None,
           calibration: Sample | None = None) -> Report:
    """Writes a network, on the CPU, as an ONNX file that `read_onnx` reads.

    Args:
        precision: fp32, or int8 for convolutions in 8 bits.
        keypoints: let it take keypoints, if it has a prior.
        fuse: as in `for_inference`.
        training: facts to write into the file.
        calibration: what int8's ranges are measured on; None: the bundled clip's people.

    Raises WeightsError where its joints are not PyTorch's, OutputError where it cannot be written.
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
    """The network as ONNX, for any number of crops; fixed: inputs without a first axis for the crops."""
    batch = torch.export.Dim('batch')
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # of PyTorch to its own developers
        program = torch.onnx.export(
            network, tuple(inputs.values()), input_names=list(inputs), output_names=list(OUTPUTS),
            dynamic_shapes=tuple({} if name in fixed else {0: batch} for name in inputs),
            opset_version=opset, dynamo=True, verbose=False)
    assert program is not None  # as it is with dynamo
    return program.model_proto


def _compare(network: HEMlets, backends: dict[str, Backend], sample: Sample, known: bool) -> Report:
    """The last of the backends against PyTorch; of several, times too."""
    keypoints = sample.keypoints if known else None
    before = TorchBackend(network, fuse=False)(sample.crops, keypoints).joints
    after = list(backends.values())[-1](sample.crops, keypoints).joints
    return Report(float(np.abs(after - before).max()),
                  float(np.linalg.norm((after - before) * DEPTH_RANGE_MM, axis=-1).mean()), len(before),
                  times_ms(backends) if len(backends) > 1 else {})
