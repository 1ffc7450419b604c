"""The networks on a GPU: each backend and precision, with 1 to 32 crops, alternately.

    python benchmarks/gpu_networks.py --json FILE [--device cuda] [--batches 1 2 4] [--variants lite full]

Times include the transfer of crops from, and of joints to, the CPU's memory. `peak`: FLOP rate of the network
(of its fused layers), relative to that of a large matrix product on the device in the same precision. Cases
that cannot run are listed with the reason.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from harness.machine import machine
from harness.matrix_product import wait_for
from harness.network_cases import network_gflop
from harness.timing import Case, interleaved, repeated

from hemlets_ros.errors import HemletsError
from hemlets_ros.inference import make_backend
from hemlets_ros.inference.sample_crops import Sample, clip_people
from hemlets_ros.settings import PoseSettings
from hemlets_ros.system.progress import progress

_BACKENDS = ('torch', 'onnxruntime', 'tensorrt')
_PRECISIONS = {'fp32': torch.float32, 'fp16': torch.float16, 'bf16': torch.bfloat16}
_CARD = 'matrix product'


def main() -> None:
    options = _options()
    device = torch.device(options.device)
    untested: dict[str, str] = {}
    cases = list(_products(device, options.side))
    for variant in options.variants:
        cases += _networks(variant, options, untested)
    rounds = progress(range(options.rounds), unit='round', total=options.rounds)
    seconds = interleaved(cases, rounds, options.turn_s)
    medians = [statistics.median(each) for each in seconds]
    rates = {case.name: case.gflop / median_s for case, median_s in zip(cases, medians, strict=True)
             if case.stage == _CARD}
    rows = []
    for case, median_s in zip(cases, medians, strict=True):
        if case.stage != _CARD:
            backend, precision = case.name.split()[:2]
            rows.append({'variant': case.stage, 'backend': backend, 'precision': precision,
                         'crops': case.people, 'ms': round(1000 * median_s, 3),
                         'peak': round(case.gflop / median_s / rates[precision], 4)})
    options.json.write_text(json.dumps({
        'machine': machine(device), 'tflops': {name: round(rate / 1000, 2) for name, rate in rates.items()},
        'rows': rows, 'untested': untested}, indent=1) + '\n')


def _products(device: torch.device, side: int) -> Iterator[Case]:
    for name, kind in _PRECISIONS.items():
        a = torch.randn(side, side, device=device).to(kind)
        result = torch.empty_like(a)

        def multiply(a: torch.Tensor = a, result: torch.Tensor = result) -> None:
            torch.mm(a, a, out=result)
            wait_for(device)

        yield Case(_CARD, name, repeated(multiply), gflop=2 * side ** 3 / 1e9)


def _networks(variant: str, options: argparse.Namespace, untested: dict[str, str]) -> list[Case]:
    samples = {batch: _repeated(clip_people(), batch) for batch in options.batches}
    pose = PoseSettings(variant=variant, weights='' if variant == 'lite' else 'random', device=options.device)
    one = _repeated(clip_people(1), 1)
    gflop = network_gflop(pose, one.crops, one.keypoints)
    cases = []
    for backend in _BACKENDS:
        for precision in _PRECISIONS:
            settings = PoseSettings(variant=variant, weights=pose.weights, device=options.device,
                                    backend=backend, precision=precision)
            try:
                network = make_backend(settings)
                for sample in samples.values():
                    network(sample.crops, sample.keypoints, False)
            except (HemletsError, RuntimeError) as error:  # including errors of libraries on new GPUs
                untested[f'{variant} {backend} {precision}'] = str(error).partition('\n')[0]
                continue
            cases += [Case(variant, f'{backend} {precision} x{batch}',
                           repeated(lambda network=network, sample=sample: network(
                               sample.crops, sample.keypoints, False)), batch, batch * gflop)
                      for batch, sample in samples.items()]
    return cases


def _repeated(sample: Sample, count: int) -> Sample:
    which = np.arange(count) % len(sample.crops)
    return Sample(sample.crops[which], sample.keypoints[which])


def table(figures: dict[str, Any]) -> str:
    """A row per network, backend and precision, and a column per number of crops: ms, share of peak."""
    batches = sorted({row['crops'] for row in figures['rows']})
    lines = ['| ms, share of the matrix product | ' + ' | '.join(map(str, batches)) + ' |',
             '|---' * (1 + len(batches)) + '|']
    found: dict[str, dict[int, str]] = {}
    for row in figures['rows']:
        name = f'`{row["variant"]}`, {row["backend"]}, {row["precision"]}'
        found.setdefault(name, {})[row['crops']] = f'{row["ms"]:.2f}, {row["peak"]:.1%}'
    lines += [f'| {name} | ' + ' | '.join(cells[batch] for batch in batches) + ' |'
              for name, cells in found.items()]
    lines += [f'| {name}: untested ({reason}) |' + ' |' * len(batches)
              for name, reason in figures['untested'].items()]
    rates = ', '.join(f'{name} {rate} TFLOP/s' for name, rate in figures['tflops'].items())
    return '\n'.join([*lines, '', f'Matrix product: {rates}.']) + '\n'


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--json', type=Path, required=True, help='file for the figures')
    parser.add_argument('--device', default='cuda')
    parser.add_argument('--variants', nargs='+', default=['lite', 'full'], choices=('lite', 'full'))
    parser.add_argument('--batches', nargs='+', type=int, default=[1, 2, 4, 8, 16, 32], metavar='N')
    parser.add_argument('--rounds', type=int, default=20)
    parser.add_argument('--turn-s', type=float, default=0.05)
    parser.add_argument('--side', type=int, default=8192, help='of the matrices')
    return parser.parse_args()


if __name__ == '__main__':
    main()
