"""What all stages side by side are worth: each stage alone, all of them, one after the other.

    python benchmarks/overlap.py [--source VIDEO] [--frames 60] [--repeats 5] [--overlay] [--json FILE]

All take turns on the same images; medians of frames/s. `share` is the whole line's rate as a share of its
slowest stage's alone; `gain` that over one after the other. `detect at once` is the detector alone as it
works in the line, an image a core. `bound` is what the line could do at most, had it all cores all the
time: cores through processor time an image.
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

from hemlets_ros import Pipeline, offline
from hemlets_ros.bundled_clip import CLIP
from hemlets_ros.device import available_cores
from hemlets_ros.people import Frame
from hemlets_ros.results.recording import Recording
from hemlets_ros.settings import SourceSettings
from hemlets_ros.sources import SourceImage, open_source


def main() -> int:
    options = _options()
    source = open_source(SourceSettings(source=options.source))
    pipeline = Pipeline(variant=options.variant)
    shots = list(islice(source, options.frames))
    detected = [pipeline.detect(shot.image) for shot in shots]
    found = [pipeline.follow(shot.image, people, stamp_s=shot.stamp_s)
             for shot, people in zip(shots, detected, strict=True)]
    frames = [pipeline.pose(each) for each in found]

    def detect() -> None:
        for shot in shots:
            pipeline.detect(shot.image)

    def detect_at_once() -> None:
        for _ in offline.abreast(lambda shot: pipeline.detect(shot.image), (shot for shot in shots),
                                 pipeline.detections_at_once):
            pass

    def follow() -> None:
        for shot, people in zip(shots, detected, strict=True):
            pipeline.follow(shot.image, people, stamp_s=shot.stamp_s)

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

    stages: dict[str, Callable[[], None]] = {
        'read': read, 'detect': detect, 'follow': follow, 'pose': pose,
        'write': lambda: write(list(zip(shots, frames, strict=True)))}
    runs: dict[str, Callable[[], None]] = stages | {
        'detect at once': detect_at_once,
        'side by side': lambda: write(offline.frames(pipeline, islice(source, options.frames))),
        'one after the other': lambda: write(
            [(shot, pipeline.process(shot.image, stamp_s=shot.stamp_s))
             for shot in islice(source, options.frames)])}
    times: dict[str, list[float]] = {name: [] for name in runs}
    busy_s: dict[str, list[float]] = {name: [] for name in runs}
    for repeat in range(options.repeats + 1):
        for name, work in runs.items():
            pipeline.reset()
            start_s, start_busy_s = time.perf_counter(), time.process_time()
            work()
            if repeat:  # the first one is not warm
                times[name].append(time.perf_counter() - start_s)
                busy_s[name].append(time.process_time() - start_busy_s)
    rates = {name: len(shots) / statistics.median(each) for name, each in times.items()}
    slowest = min(stages, key=rates.__getitem__)

    def against(name: str) -> float:
        """Each repetition is a ratio of its own, so that a busy moment of the machine hits both of it."""
        return round(statistics.median(alone / line for alone, line in zip(
            times[name], times['side by side'], strict=True)), 3)

    cpu_ms = {name: statistics.median(each) / len(shots) * 1e3 for name, each in busy_s.items()}
    report = {'source': Path(options.source).name, 'frames': len(shots), 'people': sum(
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
