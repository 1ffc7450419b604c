"""Speed-up by running the stages in parallel: each alone, all in parallel, all in sequence.

    python benchmarks/overlap.py [--source VIDEO] [--frames 60] [--repeats 5] [--overlay] [--json FILE]

All run alternately on the same images; medians of frames/s. `share` is the rate in parallel relative to that
of the slowest stage alone; `gain` relative to the rate in sequence. `detect at once` is the detector alone
with one image per core, as in parallel. `bound` is the upper limit with all cores busy: cores divided by the
processor time per image.
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

from harness.clip_images import CLIP

from hemlets_ros import Pipeline
from hemlets_ros.people import Frame
from hemlets_ros.pipeline import offline
from hemlets_ros.results.recording import Recording
from hemlets_ros.settings import FOLDER_RATE_HZ, SourceSettings
from hemlets_ros.sources import SourceImage, open_source
from hemlets_ros.system.device import available_cores


def main() -> int:
    options = _options()
    source = open_source(SourceSettings(source=options.source), FOLDER_RATE_HZ)
    pipeline = Pipeline(variant=options.variant)
    items = list(islice(source, options.frames))
    detected = [pipeline.detect(item.image) for item in items]
    found = [pipeline.follow(item.image, people, stamp_s=item.stamp_s)
             for item, people in zip(items, detected, strict=True)]
    frames = [pipeline.pose(each) for each in found]

    def detect() -> None:
        for item in items:
            pipeline.detect(item.image)

    def detect_at_once() -> None:
        for _ in offline.in_parallel(lambda item: pipeline.detect(item.image), (item for item in items),
                                 pipeline.detections_at_once):
            pass

    def follow() -> None:
        for item, people in zip(items, detected, strict=True):
            pipeline.follow(item.image, people, stamp_s=item.stamp_s)

    def pose() -> None:
        for each in found:
            pipeline.pose(each)

    def write(pairs: list[tuple[SourceImage, Frame]]) -> None:
        with tempfile.TemporaryDirectory() as folder, Recording(
                f'{folder}/a.json', f'{folder}/course.json', f'{folder}/a.mp4' if options.overlay else '',
                options.source, source.rate_hz) as recording:
            for item, frame in pairs:
                recording.append(frame, item.image)

    def read() -> None:
        for _ in islice(source, options.frames):
            pass

    stages: dict[str, Callable[[], None]] = {
        'read': read, 'detect': detect, 'follow': follow, 'pose': pose,
        'write': lambda: write(list(zip(items, frames, strict=True)))}
    runs: dict[str, Callable[[], None]] = stages | {
        'detect at once': detect_at_once,
        'side by side': lambda: write(offline.frames(pipeline, islice(source, options.frames))),
        'one after the other': lambda: write(
            [(item, pipeline.process(item.image, stamp_s=item.stamp_s))
             for item in islice(source, options.frames)])}
    times: dict[str, list[float]] = {name: [] for name in runs}
    busy_s: dict[str, list[float]] = {name: [] for name in runs}
    for repeat in range(options.repeats + 1):
        for name, work in runs.items():
            pipeline.reset()
            start_s, start_busy_s = time.perf_counter(), time.process_time()
            work()
            if repeat:  # excludes the first repetition as warm-up
                times[name].append(time.perf_counter() - start_s)
                busy_s[name].append(time.process_time() - start_busy_s)
    rates = {name: len(items) / statistics.median(each) for name, each in times.items()}
    slowest = min(stages, key=rates.__getitem__)

    def against(name: str) -> float:
        """Median of the ratios of each repetition, so that other load on the machine affects both values."""
        return round(statistics.median(alone / line for alone, line in zip(
            times[name], times['side by side'], strict=True)), 3)

    cpu_ms = {name: statistics.median(each) / len(items) * 1e3 for name, each in busy_s.items()}
    report = {'source': Path(options.source).name, 'frames': len(items), 'people': sum(
        len(frame.people) for frame in frames), 'variant': options.variant,
        'cores': os.cpu_count(), 'load': os.getloadavg()[0],
        'rate_hz': {name: round(rate, 2) for name, rate in rates.items()},
        'processor_ms': {name: round(each, 1) for name, each in cpu_ms.items()},
        'bound_hz': round(available_cores() * 1e3 / cpu_ms['side by side'], 2),
        'slowest': slowest, 'share': against(slowest), 'gain': against('one after the other')}
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
