"""What reading, finding, posing and writing side by side is worth: each stage alone, all of them, one by one.

    python benchmarks/overlap.py [--source VIDEO] [--frames 60] [--repeats 5] [--overlay] [--json FILE]

All take turns on the same images; medians of frames/s. `share` is the whole line's rate as a share of its
slowest stage's, each with the threads that it has in the line; `gain` that over one after the other, with
all threads.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import torch

from hemlets_ros import Pipeline, offline
from hemlets_ros.bundled_clip import CLIP
from hemlets_ros.people import Frame
from hemlets_ros.results.recording import Recording
from hemlets_ros.settings import SourceSettings
from hemlets_ros.sources import SourceImage, open_source


def main() -> int:
    options = _options()
    source = open_source(SourceSettings(source=options.source))
    pipeline = Pipeline(variant=options.variant)
    threads = torch.get_num_threads()
    half = max(1, threads // 2)
    shots = list(islice(source, options.frames))
    found = [pipeline.find(shot.image, stamp_s=shot.stamp_s) for shot in shots]
    frames = [pipeline.pose(each) for each in found]

    def find() -> None:
        for shot in shots:
            pipeline.find(shot.image, stamp_s=shot.stamp_s)

    def pose() -> None:
        for each in found:
            pipeline.pose(each)

    def write(pairs: list[tuple[SourceImage, Frame]]) -> None:
        with tempfile.TemporaryDirectory() as folder, Recording(
                f'{folder}/a.json', f'{folder}/course.json', f'{folder}/a.mp4' if options.overlay else '',
                options.source, source.rate_hz) as recording:
            for shot, frame in pairs:
                recording.append(frame, shot.image)

    def read() -> None:
        for _ in islice(source, options.frames):
            pass

    stages: dict[str, tuple[Callable[[], None], int]] = {
        'read': (read, threads), 'find': (find, half), 'pose': (pose, half),
        'write': (lambda: write(list(zip(shots, frames, strict=True))), threads)}
    whole: dict[str, tuple[Callable[[], None], int]] = {
        'side by side': (lambda: write(offline.frames(pipeline, islice(source, options.frames))), threads),
        'one after the other': (lambda: write(
            [(shot, pipeline.process(shot.image, stamp_s=shot.stamp_s))
             for shot in islice(source, options.frames)]), threads)}
    times: dict[str, list[float]] = {name: [] for name in stages | whole}
    for repeat in range(options.repeats + 1):
        for name, (work, allowed) in (stages | whole).items():
            pipeline.reset()
            torch.set_num_threads(allowed)
            start_s = time.perf_counter()
            work()
            if repeat:  # the first one is not warm
                times[name].append(time.perf_counter() - start_s)
    rates = {name: len(shots) / statistics.median(each) for name, each in times.items()}
    slowest = min(stages, key=rates.__getitem__)
    # Each repetition is a ratio of its own, so that a busy moment of the machine hits both of it.
    share = statistics.median(alone / line for alone, line in zip(
        times[slowest], times['side by side'], strict=True))
    report = {'source': Path(options.source).name, 'frames': len(shots), 'people': sum(
        len(frame.people) for frame in frames), 'variant': options.variant,
        'cores': os.cpu_count(), 'threads': {'all': threads, 'find and pose': half},
        'load': os.getloadavg()[0], 'rate_hz': {name: round(rate, 2) for name, rate in rates.items()},
        'slowest': slowest, 'share': round(share, 3), 'gain': round(statistics.median(
            alone / line for alone, line in zip(times['one after the other'], times['side by side'],
                                                strict=True)), 3)}
    print(json.dumps(report, indent=2))
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + '\n')
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--source', default=str(CLIP), help='a video')
    parser.add_argument('--variant', default='lite', choices=('lite', 'full'))
    parser.add_argument('--frames', type=int, default=60)
    parser.add_argument('--repeats', type=int, default=5)
    parser.add_argument('--overlay', action='store_true', help='write a video too')
    parser.add_argument('--json', type=Path, default=None, help='file for the figures')
    return parser.parse_args()


if __name__ == '__main__':
    raise SystemExit(main())
