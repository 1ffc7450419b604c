"""Speed of networks, stages, DDS, the whole pipeline, and MediaPipe, timed alternately.

    python benchmarks/speed.py --out bench_out [--only lite,pipeline] [--mediapipe mediapipe/bin/python]

Writes bench.json, bench.md and bench.png; docs/speed.md says what they mean.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from harness import MAX_PEOPLE

from hemlets_ros.errors import HemletsError, OutputError, SettingsError

if TYPE_CHECKING:
    from harness.run_context import RunContext
    from harness.timing import Case

_MEDIAPIPE = Path('mediapipe/bin/python')
#: Stages in the order of the report.
_NAMES = ('full', 'lite', 'detector', 'crop', 'decode', 'lift', 'messages', 'dds', 'pose', 'pipeline',
          'mediapipe')


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', default='bench_out', metavar='DIR',
                        help='folder for bench.json, bench.md and bench.png')
    parser.add_argument('--repeats', type=_at_least_1, default=15, help='rounds; in each, all have a turn')
    parser.add_argument('--turn-s', type=float, default=0.15, help='how long a turn lasts, at least one call')
    parser.add_argument('--only', default='', metavar='NAME,...', help=f'only some of: {", ".join(_NAMES)}')
    parser.add_argument('--people', type=_people, default='1,2,4,8', metavar='N,...',
                        help=f'people in an image, crops at once; 1 to {MAX_PEOPLE}')
    parser.add_argument('--threads', type=int, default=0,
                        help='of every case; 0: as many as there are cores')
    parser.add_argument('--device', default='auto', help='where networks run, as in `hemlets run`')
    parser.add_argument('--backend', default='auto', help='of the pipelines, as in `hemlets run`')
    parser.add_argument('--mediapipe', default=str(_MEDIAPIPE) if _MEDIAPIPE.is_file() else '',
                        metavar='PYTHON', help='a Python interpreter that has mediapipe 0.10.21')
    return parser


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return compare(options)
    except HemletsError as error:
        print(f'speed.py: {error}', file=sys.stderr)
        return 1


def compare(options: argparse.Namespace) -> int:
    """Measures, writes the three files and prints the tables."""
    chosen = options.only.split(',') if options.only else list(_NAMES)
    unknown = [name for name in chosen if name not in _NAMES]
    if unknown:
        raise SettingsError(f'--only does not know {unknown[0]!r}; there are {", ".join(_NAMES)}')
    out = Path(options.out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f'cannot make the folder {out}: {error.strerror}') from error

    from contextlib import ExitStack

    import cv2
    import torch
    from harness.chart import draw
    from harness.machine import load, machine
    from harness.matrix_product import matrix_product
    from harness.measurements import Measurement, Measurements
    from harness.report import markdown, report
    from harness.run_context import RunContext
    from harness.timing import interleaved
    from tqdm import tqdm

    from hemlets_ros.system.device import available_cores, pick_device

    about = machine(pick_device(options.device)) | {'load_before': load()}
    threads = options.threads or available_cores()
    os.environ['OMP_NUM_THREADS'] = str(threads)  # read by the backends
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    with ExitStack() as resources:
        run = RunContext(threads, pick_device(options.device), options.people, options.backend,
                                options.mediapipe, resources)
        cases = [matrix_product(run.device)]
        for name in _NAMES:
            if name in chosen:
                cases += _makers()[name](run)
        rounds = tqdm(range(options.repeats), 'rounds', file=sys.stderr, disable=None)
        seconds = interleaved(cases, rounds, options.turn_s)
    about['load_after'] = load()
    result = report(
        Measurements([Measurement(*each) for each in zip(cases, map(tuple, seconds), strict=True)]), about,
        {'threads': threads, 'rounds': options.repeats, 'turn_s': options.turn_s,
         'device': str(run.device), 'backend': run.pipeline_backend}, run.notes)
    text = markdown(result)
    (out / 'bench.json').write_text(json.dumps(result, indent=1) + '\n')
    (out / 'bench.md').write_text(text)
    draw(result, out / 'bench.png')
    print(text, end='')
    return 0


def _makers() -> dict[str, Callable[[RunContext], list[Case]]]:
    from harness import mediapipe_cases, network_cases, pipeline_cases
    from harness.ros_round_trip import dds, messages

    makers = (network_cases.full, network_cases.lite, pipeline_cases.detector, pipeline_cases.crop,
              pipeline_cases.decoding, pipeline_cases.lifting,
              messages, dds, pipeline_cases.pose, pipeline_cases.pipeline, mediapipe_cases.mediapipe)
    return dict(zip(_NAMES, makers, strict=True))


def _people(text: str) -> tuple[int, ...]:
    people = tuple(map(int, text.split(',')))
    if not all(1 <= each <= MAX_PEOPLE for each in people):
        raise argparse.ArgumentTypeError(f'1 to {MAX_PEOPLE}, not {text}')
    return people


def _at_least_1(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f'at least 1, not {text}')
    return int(text)


if __name__ == '__main__':
    sys.exit(main())
