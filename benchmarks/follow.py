"""Cost and effect of following people (`detect` auto) against detection in every image.

    python benchmarks/follow.py [--source VIDEO ...] [--detector open] [--frames N] [--json FILE]

Without sources: the bundled clip, the tests' clip, and four people (cut out of that clip) in one image. Each
image goes through all pipelines, in alternating order, so that all times are of one run. The source
`generated` (needs the extra `synth`, takes minutes) is a video of synthetic people with known joints. For a
comparison with MediaPipe: hemlets bench --mediapipe PYTHON.

`+17 %` is `always` with the detector's input 17 % larger: a baseline for irrelevant differences. `image
alone` is `always` without the detector's keypoints, as if people were followed by their joints only.

moved: mean and median distance of the joints from those of `always`, pelvis at the origin, mm; torsos: the
median distance in the image, in torso lengths. truth: PA-MPJPE, mm. PCK: share of 2D joints within 0.2 torso
lengths of the detector's keypoints in the whole image. missed: share of the people of `always` who are not
found. swaps: changes of id. late: maximum and median delay, in images, of people whom `always` first finds
after the first image and keeps for ten images. whole: share of images with detection in the whole image.
ms: median and mean time per image. cores: processor time of all threads at 30 images per second.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from harness.clip_images import CLIP
from harness.compared_people import compared
from harness.shots import FOUR, GENERATED, Shot, shots

from hemlets_ros import Pipeline
from hemlets_ros.detection import ScalingDetector, make_detector
from hemlets_ros.lab.evaluation.pose_metrics import pose_figures
from hemlets_ros.people import Box, Person
from hemlets_ros.settings import DetectorSettings
from hemlets_ros.sources.bundled_clip import CLIP as BUNDLED_CLIP

_ENLARGED = 1.17
_WAYS = ('always', 'auto', '+17 %', 'image alone')
Rows = dict[str, dict[str, float]]


class Counting:
    """A detector that counts detections in whole images."""

    def __init__(self, settings: DetectorSettings) -> None:
        self._detector: ScalingDetector = make_detector(settings)
        self.whole = self.windows = 0

    def __call__(self, image: np.ndarray, score_threshold: float) -> list[Box]:
        self.whole += 1
        return self._detector(image, score_threshold)

    def at_size(self, image: np.ndarray, score_threshold: float, size_px: int) -> list[Box]:
        self.windows += 1
        return self._detector.at_size(image, score_threshold, size_px)

    def sizes_px(self, image: np.ndarray) -> list[int]:
        return self._detector.sizes_px(image)


@dataclass
class Way:
    """A pipeline configuration and its results."""

    name: str
    pipeline: Pipeline
    detector: Counting
    people: list[list[Person]] = field(default_factory=list)
    errors_mm: list[float] = field(default_factory=list)  # for images with ground truth
    seconds: list[float] = field(default_factory=list)
    busy_s: list[float] = field(default_factory=list)

    def take(self, image: np.ndarray, stamp_s: float, truth_mm: np.ndarray | None) -> None:
        start_s, busy_s = time.perf_counter(), time.process_time()
        frame = self.pipeline.process(image, stamp_s=stamp_s)
        self.seconds.append(time.perf_counter() - start_s)
        self.busy_s.append(time.process_time() - busy_s)
        self.people.append(frame.people)
        if truth_mm is not None and frame.people:
            best = max(frame.people, key=lambda person: person.score)
            self.errors_mm += pose_figures(best.joints_mm[None], truth_mm[None])['pa_mpjpe_mm'].tolist()


def make_way(name: str, **settings: object) -> Way:
    detector = Counting(DetectorSettings.picked_from(settings))
    pipeline = Pipeline(**settings | {'detector': detector})  # type: ignore[arg-type]
    pipeline.warm_up()
    detector.whole = 0  # excludes the warm-up image
    return Way(name, pipeline, detector)


def main() -> int:
    options = _options()
    report = {}
    for source in options.source:
        rows = _measure(shots(source, options.frames), options.ways, options.detector)
        report[Path(source).name] = rows
        print(_table(Path(source).name, rows), flush=True)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + '\n')
    return 0


def _measure(images: Iterable[Shot], names: list[str], detector: str) -> Rows:
    ways: list[Way] = []
    for number, (image, stamp_s, truth_mm) in enumerate(images):
        if not ways:
            sizes_px = make_detector(DetectorSettings(detector=detector)).sizes_px(image)
            larger = round(_ENLARGED * max(sizes_px))
            settings = {'always': {}, 'auto': {'detect': 'auto'}, '+17 %': {'detector_size_px': larger},
                        'image alone': {'keypoint_prior': False}}
            ways = [make_way(name, **{'detect': 'always', 'detector': detector} | settings[name])
                    for name in _WAYS if name in {'always', *names}]
        for way in ways if number % 2 else ways[::-1]:
            way.take(image, stamp_s, truth_mm)
    return {way.name: _figures(way, ways[0]) for way in ways}


def _figures(way: Way, always: Way) -> dict[str, float]:
    ms = {'images': len(way.people), 'mean_ms': 1000 * float(np.mean(way.seconds))}
    of_people = compared(way.people, always.people)
    if not of_people:
        return ms
    return ({'truth_mm': float(np.mean(way.errors_mm))} if way.errors_mm else {}) | ms | of_people | {
        'whole': way.detector.whole / len(way.people), 'windows': way.detector.windows / len(way.people),
        'cores_at_30_hz': 30 * float(np.mean(way.busy_s)), 'ms': 1000 * float(np.median(way.seconds))}


def _table(name: str, rows: Rows) -> str:
    lines = [f'{name}, {rows["always"]["images"]} images',
             f'{"":27}{"moved mm":>13} {"torsos":>6} {"truth":>6} {"PCK":>6} {"missed":>6} {"swaps":>5} '
             f'{"late":>7} {"whole":>5} {"ms":>13} {"cores":>5}']
    for way, row in rows.items():
        line = f'{way:27}'
        if 'moved_mm' in row:
            line += (f'{row["moved_mm"]:6.1f} {row["moved_median_mm"]:6.1f} {row["moved_torsos"]:6.3f} '
                     + (f'{row["truth_mm"]:6.1f} ' if 'truth_mm' in row else f'{"":7}') +
                     f'{row["pck"]:6.3f} {row["missed"]:6.3f} {row["swaps"]:5.0f} {row["late_most"]:3.0f} '
                     f'{row["late_median"]:3.0f} {row["whole"]:5.2f} {row["ms"]:6.1f} {row["mean_ms"]:6.1f} '
                     f'{row["cores_at_30_hz"]:5.2f}')
        lines.append(line)
    return '\n'.join(lines) + '\n'


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--source', nargs='+', default=[str(BUNDLED_CLIP), str(CLIP), FOUR], metavar='VIDEO',
                        help=f'videos, {FOUR!r} or {GENERATED!r}')
    parser.add_argument('--ways', nargs='+', default=list(_WAYS), choices=_WAYS, metavar='WAY',
                        help='besides always, some of auto, "+17 %%", "image alone"')
    parser.add_argument('--detector', default='ultralytics', choices=('ultralytics', 'open'))
    parser.add_argument('--frames', type=int, default=None, help='maximum number of images of each')
    parser.add_argument('--json', type=Path, default=None, help='file for the figures')
    return parser.parse_args()


if __name__ == '__main__':
    raise SystemExit(main())
