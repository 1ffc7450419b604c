"""Profile of the default pose network by layer, and its scaling with crops and threads.

    python benchmarks/layers.py [--threads 1] [--crops 1,4] [--rounds 15] [--top 12]

First, all installed backends with the people of the bundled clip, alternating, in ms of wall time: medians,
times per crop, and the FLOP rate relative to a matrix product (PyTorch, same number of threads), which is not
an upper bound. Then ONNX Runtime's own profile of one crop: kinds of layers, and the slowest layers. To
emulate a processor without AVX-512: harness/avx2.py.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from harness.timing import Case, interleaved, repeated

_PROFILED = 60  # number of profiled runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--crops', default='1,4', metavar='N,...')
    parser.add_argument('--rounds', type=int, default=15)
    parser.add_argument('--top', type=int, default=12, help='so many of the slowest layers')
    options = parser.parse_args()
    os.environ['OMP_NUM_THREADS'] = str(options.threads)
    import torch

    torch.set_num_threads(options.threads)
    print(f'PyTorch: {torch.backends.cpu.get_cpu_capability()}; {options.threads} thread(s); '
          f'load {os.getloadavg()[0]:.1f}')
    gflop_s = _compare_backends(options)
    _profile(options, gflop_s)


def _compare_backends(options: argparse.Namespace) -> float:
    """Prints a table; returns the matrix product's rate."""
    import torch
    from harness.matrix_product import matrix_product
    from harness.network_cases import network_gflop

    from hemlets_ros.errors import SettingsError
    from hemlets_ros.inference import make_backend
    from hemlets_ros.inference.choice import BACKENDS
    from hemlets_ros.inference.sample_crops import clip_people
    from hemlets_ros.settings import PoseSettings

    pose = PoseSettings(variant='lite', device='cpu')
    sample, gflop = clip_people(), network_gflop(pose, *_first(clip_people(), 1))
    cases = [matrix_product(torch.device('cpu'))]
    for name in BACKENDS:
        try:
            backend = make_backend(dataclasses.replace(pose, backend=name))
        except SettingsError as error:
            print(f'{name}: {error}')
            continue
        for count in map(int, options.crops.split(',')):
            given = _first(sample, count)
            cases.append(Case(name, str(count), repeated(_call(backend, *given)), count, count * gflop))
    seconds = np.array(interleaved(cases, range(options.rounds), 0.15))
    rate = cases[0].gflop / np.median(seconds[0])
    print(f'matrix product: {rate:.0f} GFLOP/s; the network: {gflop:.2f} GFLOP a crop')
    print('| backend | crops | ms | times of the first | of the product\'s rate |\n|---|---|---|---|---|')
    for index, case in enumerate(cases[1:], 1):
        first = next(row for row, each in enumerate(cases) if each.stage == case.stage)
        share = case.gflop / seconds[index] / (cases[0].gflop / seconds[0])
        print(f'| {case.stage} | {case.name} | {1000 * np.median(seconds[index]):.2f} | '
              f'{np.median(seconds[index] / seconds[first]):.2f} | {np.median(share):.0%} |')
    return float(rate)


def _call(backend: Callable[..., Any], *given: np.ndarray) -> Callable[[], object]:
    return lambda: backend(*given)


def _first(sample: Any, count: int) -> tuple[np.ndarray, np.ndarray]:
    return sample.crops[:count], sample.keypoints[:count]


def _profile(options: argparse.Namespace, gflop_s: float) -> None:
    import onnxruntime

    from hemlets_ros.inference.onnx_network import CROPS, KEYPOINTS
    from hemlets_ros.inference.sample_crops import clip_people
    from hemlets_ros.inference.session_options import session_options
    from hemlets_ros.inference.shipped_graph import shipped_network
    from hemlets_ros.settings import PoseSettings

    network = shipped_network(PoseSettings(device='cpu'))
    assert network is not None
    with tempfile.TemporaryDirectory() as folder:
        settings = session_options()
        settings.enable_profiling, settings.profile_file_prefix = True, str(Path(folder, 'profile'))
        session = onnxruntime.InferenceSession(network.model, settings, ['CPUExecutionProvider'])
        crops, keypoints = _first(clip_people(1), 1)
        for _ in range(_PROFILED):
            session.run(None, {CROPS: crops, KEYPOINTS: keypoints})
        events = json.loads(Path(session.end_profiling()).read_text())
    layers: dict[str, list[float]] = defaultdict(list)
    facts: dict[str, dict[str, Any]] = {}
    for event in events:
        if event.get('cat') == 'Node' and event['name'].endswith('_kernel_time'):
            layers[event['name']].append(event['dur'] / 1000)
            facts[event['name']] = event['args']
    ms = {name: float(np.median(each)) for name, each in layers.items()}
    gflop = {name: _gflop(facts[name]) for name in ms}
    whole = sum(ms.values())
    print(f'\nONNX Runtime, sum of the layers of one crop: {whole:.2f} ms, {len(ms)} layers')
    print('| kind | layers | ms | share | GFLOP | of the product\'s rate |\n|---|---|---|---|---|---|')
    kinds: dict[str, list[str]] = defaultdict(list)
    for name in ms:
        kinds[_kind(facts[name])].append(name)
    for kind, names in sorted(kinds.items(), key=lambda each: -sum(ms[name] for name in each[1])):
        _row(kind, len(names), sum(ms[name] for name in names), whole,
             sum(gflop[name] for name in names), gflop_s)
    print('\n| layer | output | ms | share | GFLOP | of the product\'s rate |\n|---|---|---|---|---|---|')
    for name in sorted(ms, key=ms.__getitem__, reverse=True)[:options.top]:
        _row(_kind(facts[name]), 'x'.join(map(str, _shapes(facts[name], 'output')[0])), ms[name], whole,
             gflop[name], gflop_s)


def _row(first: str, second: object, ms: float, whole: float, gflop: float, gflop_s: float) -> None:
    rate = f'{1000 * gflop / ms / gflop_s:.0%}' if gflop else ''
    print(f'| {first} | {second} | {ms:.3f} | {ms / whole:.1%} | {gflop:.3f} | {rate} |')


def _shapes(facts: dict[str, Any], which: str) -> list[list[int]]:
    return [next(iter(each.values())) for each in facts[f'{which}_type_shape']]


def _kind(facts: dict[str, Any]) -> str:
    if facts['op_name'] != 'Conv':
        return str(facts['op_name'])
    weights = _shapes(facts, 'input')[1]
    if weights[1] == 1:
        return f'depthwise Conv {weights[2]}x{weights[3]}'
    return f'Conv {weights[2]}x{weights[3]}'


def _gflop(facts: dict[str, Any]) -> float:
    """GFLOP of the multiplying operators; a multiplication and an addition count as two."""
    given, made = _shapes(facts, 'input'), _shapes(facts, 'output')
    if facts['op_name'] == 'Conv':
        return 2 * math.prod(made[0]) * math.prod(given[1][1:]) / 1e9
    if facts['op_name'] in ('MatMul', 'FusedMatMul', 'Gemm'):
        return 2 * math.prod(made[0]) * given[0][-1] / 1e9
    return 0.0


if __name__ == '__main__':
    main()
