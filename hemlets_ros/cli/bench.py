"""How fast everything is here: networks, stages, DDS, image to skeletons, and MediaPipe, taking turns."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hemlets_ros.benchmark import PEOPLE_AT_MOST
from hemlets_ros.errors import OutputError, SettingsError

if TYPE_CHECKING:
    from hemlets_ros.benchmark.conditions import Conditions
    from hemlets_ros.benchmark.timing import Contestant

_MEDIAPIPE = Path('mediapipe/bin/python')
#: In the order of the report.
_NAMES = ('full', 'lite', 'detector', 'crop', 'decode', 'lift', 'messages', 'dds', 'pose', 'line',
          'mediapipe')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--out', default='bench_out', metavar='DIR',
                        help='folder for bench.json, bench.md and bench.png')
    parser.add_argument('--repeats', type=_at_least_1, default=15, help='rounds; in each, all have a turn')
    parser.add_argument('--turn-s', type=float, default=0.15, help='how long a turn lasts, at least one call')
    parser.add_argument('--only', default='', metavar='NAME,...', help=f'only some of: {", ".join(_NAMES)}')
    parser.add_argument('--people', type=_people, default='1,2,4,8', metavar='N,...',
                        help=f'people in an image, crops at once; 1 to {PEOPLE_AT_MOST}')
    parser.add_argument('--threads', type=int, default=0,
                        help='of every contestant; 0: as many as there are cores')
    parser.add_argument('--device', default='auto', help='where networks run, as in hemlets run')
    parser.add_argument('--runtime', default='auto', help='of the pipelines, as in hemlets run')
    parser.add_argument('--mediapipe', default=str(_MEDIAPIPE) if _MEDIAPIPE.is_file() else '',
                        metavar='PYTHON', help='a Python that has mediapipe 0.10.21')


def main(options: argparse.Namespace) -> int:
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
    from tqdm import tqdm

    from hemlets_ros.benchmark.conditions import Conditions
    from hemlets_ros.benchmark.figures import Figure, Figures
    from hemlets_ros.benchmark.floor import matrix_product
    from hemlets_ros.benchmark.machine import load, machine
    from hemlets_ros.benchmark.picture import draw
    from hemlets_ros.benchmark.report import markdown, report
    from hemlets_ros.benchmark.timing import interleaved
    from hemlets_ros.device import available_cores, pick_device

    about = machine(pick_device(options.device)) | {'load_before': load()}
    threads = options.threads or available_cores()
    os.environ['OMP_NUM_THREADS'] = str(threads)  # where the runtimes look
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    with ExitStack() as resources:
        conditions = Conditions(threads, pick_device(options.device), options.people, options.runtime,
                                options.mediapipe, resources)
        contestants = [matrix_product(conditions.device)]
        for name in _NAMES:
            if name in chosen:
                contestants += _makers()[name](conditions)
        rounds = tqdm(range(options.repeats), 'rounds', file=sys.stderr, disable=None)
        seconds = interleaved(contestants, rounds, options.turn_s)
    about['load_after'] = load()
    result = report(
        Figures([Figure(*each) for each in zip(contestants, map(tuple, seconds), strict=True)]), about,
        {'threads': threads, 'rounds': options.repeats, 'turn_s': options.turn_s,
         'device': str(conditions.device), 'runtime': conditions.pipeline_runtime}, conditions.notes)
    text = markdown(result)
    (out / 'bench.json').write_text(json.dumps(result, indent=1) + '\n')
    (out / 'bench.md').write_text(text)
    draw(result, out / 'bench.png')
    print(text, end='')
    return 0


def _makers() -> dict[str, Callable[[Conditions], list[Contestant]]]:
    from hemlets_ros.benchmark import networks, peer, stages
    from hemlets_ros.nodes.benchmark import dds, messages

    makers = (networks.full, networks.lite, stages.detector, stages.crop, stages.decoding, stages.lifting,
              messages, dds, stages.pose, stages.line, peer.mediapipe)
    return dict(zip(_NAMES, makers, strict=True))


def _people(text: str) -> tuple[int, ...]:
    people = tuple(map(int, text.split(',')))
    if not all(1 <= each <= PEOPLE_AT_MOST for each in people):
        raise argparse.ArgumentTypeError(f'1 to {PEOPLE_AT_MOST}, not {text}')
    return people


def _at_least_1(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f'at least 1, not {text}')
    return int(text)
