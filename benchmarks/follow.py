"""What it costs and saves to detect only around people who are known: `detect` auto, against always.

    python benchmarks/follow.py [--source VIDEO ...] [--detector open] [--frames N] [--mediapipe PYTHON]
        [--json FILE]

Without sources: the bundled clip, the tests' clip, and four people (cut out of that clip) in one image. Each
image goes through all pipelines, each first in every other image, and now and then MediaPipe full has a turn,
which tracks one person in crops made for it: all times are of one run. The source `generated` (it needs the
extra `synth`, and minutes) is a film of generated people of whom the true joints are known.

`+17 %` is `always` with the detector's image 17 % larger: what a change moves that means nothing. `image
alone` is `always` without the detector's keypoints, as if people were followed by their joints alone.

moved: mean and median distance of the joints from those of `always`, pelvis at the origin, mm; torsos: the
median in the image, as a share of the person's torso there. truth: PA-MPJPE, mm. PCK: 2D joints within 0.2
torsos of the keypoints that the detector sees in the whole image. missed: share of the people of `always` who
are not there. swaps: changes of id. late: images until somebody whom `always` finds later than in the first
image, and keeps for ten images, is found, most and median. whole: share of images that the detector looks at
wholly. ms: median and mean time of an image. cores: processor time of all threads for 30 images a second. x:
times as fast as MediaPipe, one person after the other.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
from harness.clip_images import CLIP, ClipImages, endless
from harness.mediapipe_cases import MediaPipe

from hemlets_ros import Pipeline
from hemlets_ros.detection import ScalingDetector, make_detector
from hemlets_ros.detection.input_size import input_size_px
from hemlets_ros.detection.movenet_scales import image_sizes_px
from hemlets_ros.lab.evaluation.consistency import agreement, seen_by_detector
from hemlets_ros.lab.evaluation.pose_metrics import pose_figures
from hemlets_ros.people import Box, Person
from hemlets_ros.settings import FOLDER_RATE_HZ, DetectorSettings, SourceSettings
from hemlets_ros.sources import open_source
from hemlets_ros.sources.bundled_clip import CLIP as BUNDLED_CLIP
from hemlets_ros.system.device import available_cores
from hemlets_ros.tracking.assignment import overlapping_pairs

_FOUR, _GENERATED = 'four people', 'generated'
_PAUSE_S = 5.0  # between two scenes
_KEPT = 10  # images that somebody must be seen in to count as a newcomer
_SAME = 0.3  # intersection over union of one person's boxes
_TURN_S, _EVERY = 0.15, 10  # of MediaPipe, and images between two turns
_ENLARGED = 1.17
_PEER = 'MediaPipe full, one person'
_WAYS = ('always', 'auto', '+17 %', 'image alone')
Rows = dict[str, dict[str, float]]
#: An image, its time in s, and the joints (18, 3) mm of the person in it, if they are known.
Shot = tuple[np.ndarray, float, 'np.ndarray | None']


class Counting:
    """A detector, and how often it looked at whole images."""

    def __init__(self, settings: DetectorSettings) -> None:
        self._detector: ScalingDetector = make_detector(settings)
        self.whole = self.windows = 0

    def __call__(self, image: np.ndarray, score_threshold: float) -> list[Box]:
        self.whole += 1
        return self._detector(image, score_threshold)

    def at_size(self, image: np.ndarray, score_threshold: float, size_px: int) -> list[Box]:
        self.windows += 1
        return self._detector.at_size(image, score_threshold, size_px)


@dataclass
class Way:
    """One way to find people, and what came of it."""

    name: str
    pipeline: Pipeline
    detector: Counting
    people: list[list[Person]] = field(default_factory=list)
    errors_mm: list[float] = field(default_factory=list)  # of images with a known truth
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
    detector.whole = 0  # it has looked at an image already
    return Way(name, pipeline, detector)


def main() -> int:
    options = _options()
    report = {}
    with ExitStack() as stack:
        peer = None
        if options.mediapipe:
            peer = stack.enter_context(MediaPipe(options.mediapipe, np.stack(ClipImages().one_person())))
        for source in options.source:
            rows = _measure(_images(source, options.frames), peer, options.ways, options.detector)
            report[Path(source).name] = rows
            print(_table(Path(source).name, rows), flush=True)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + '\n')
    return 0


def _images(source: str, most: int | None) -> Iterable[Shot]:
    if source == _FOUR:
        return islice(_four_people(), most or 60)
    if source == _GENERATED:
        return islice(_generated(), most)
    items = open_source(SourceSettings(source=source), FOLDER_RATE_HZ)
    return ((item.image, item.stamp_s, None) for item in islice(items, most))


def _generated() -> Iterable[Shot]:
    from harness.generated_clip import generated_clip

    stamp_s = 0.0
    for shot in generated_clip():
        stamp_s += _PAUSE_S if shot.is_first else 1 / FOLDER_RATE_HZ
        yield shot.image, stamp_s, shot.joints_mm


def _four_people() -> Iterable[Shot]:
    """The upper row of ClipImages' eight people."""
    images = [image.copy() for image in ClipImages().images(8)]
    for image in images:
        image[image.shape[0] // 2:] = 127
    return ((image, stamp_s, None) for image, stamp_s in endless(images))


def _measure(images: Iterable[Shot], peer: MediaPipe | None, names: list[str], detector: str) -> Rows:
    ways: list[Way] = []
    peer_s: dict[int, list[float]] = {0: [], available_cores(): []}
    peer_busy_s: dict[int, list[float]] = {threads: [] for threads in peer_s}
    for number, (image, stamp_s, truth_mm) in enumerate(images):
        if not ways:
            size_px = image_sizes_px(0, image)[-1] if detector == 'open' else input_size_px(0, image, False)
            larger = round(_ENLARGED * size_px)
            settings = {'always': {}, 'auto': {'detect': 'auto'}, '+17 %': {'detector_size_px': larger},
                        'image alone': {'keypoint_prior': False}}
            ways = [make_way(name, **{'detect': 'always', 'detector': detector} | settings[name])
                    for name in _WAYS if name in {'always', *names}]
        for way in ways if number % 2 else ways[::-1]:
            way.take(image, stamp_s, truth_mm)
        if peer is not None and number % _EVERY == 0:
            for threads, seconds in peer_s.items():
                seconds.append(peer.time(False, threads, _TURN_S))
                peer_busy_s[threads].append(peer.busy_s)
    rows = {way.name: _figures(way, ways[0]) for way in ways}
    if peer is not None:
        peer_ms = 1000 * min(float(np.median(seconds)) for seconds in peer_s.values())
        for way in ways:
            people = sum(map(len, way.people)) / len(way.people)
            rows[way.name]['times_as_fast'] = people * peer_ms / rows[way.name]['mean_ms']
        rows[_PEER] = {'mean_ms': peer_ms, 'cores_at_30_hz': 30 * min(
            float(np.median(seconds)) for seconds in peer_busy_s.values())}
    return rows


def _figures(way: Way, always: Way) -> dict[str, float]:
    pairs = [pair for found, expected in zip(way.people, always.people, strict=True)
             for pair in _pairs(found, expected)]
    both = [(found, person) for found, person in pairs if found is not None]
    if not both:
        return {'images': len(way.people), 'mean_ms': 1000 * float(np.mean(way.seconds))}
    moved_mm = np.array([np.linalg.norm(found.root_relative_mm - person.root_relative_mm, axis=-1).mean()
                         for found, person in both])
    seen_px, known = seen_by_detector(np.array([person.keypoints_px for _, person in both]),
                                      np.array([person.keypoint_scores for _, person in both]))
    torso_px = np.array([np.linalg.norm(person.joints_px[17] - person.joints_px[0]) for _, person in both])
    moved_px = np.array([np.linalg.norm(found.joints_px - person.joints_px, axis=-1).mean()
                         for found, person in both])
    late = _lateness(way.people, always.people)
    return ({'truth_mm': float(np.mean(way.errors_mm))} if way.errors_mm else {}) | {
        'images': len(way.people), 'people': len(pairs),
        'moved_mm': float(moved_mm.mean()), 'moved_median_mm': float(np.median(moved_mm)),
        'moved_torsos': float(np.median(moved_px / torso_px)), 'moved_px': float(np.median(moved_px)),
        'pck': float(np.mean(list(agreement(
            np.array([found.joints_px for found, _ in both]), seen_px, known).values()))),
        'missed': 1 - len(both) / len(pairs), 'swaps': _swaps(way.people, always.people),
        'newcomers': len(late), 'late_most': float(max(late, default=0)),
        'late_median': float(np.median(late)) if late else 0.0,
        'whole': way.detector.whole / len(way.people), 'windows': way.detector.windows / len(way.people),
        'cores_at_30_hz': 30 * float(np.mean(way.busy_s)),
        'ms': 1000 * float(np.median(way.seconds)), 'mean_ms': 1000 * float(np.mean(way.seconds))}


def _pairs(found: list[Person], expected: list[Person]) -> list[tuple[Person | None, Person]]:
    """Who is who, by their boxes: (found or None, expected)."""
    boxes = [np.array([person.box_px for person in people]).reshape(-1, 4) for people in (expected, found)]
    by_row = dict(overlapping_pairs(*boxes, _SAME))
    return [(found[by_row[row]] if row in by_row else None, person) for row, person in enumerate(expected)]


def _swaps(found: list[list[Person]], expected: list[list[Person]]) -> int:
    """How often somebody has another id than before, who has kept it in `expected`."""
    last: dict[int, int] = {}
    swaps = 0
    for some, others in zip(found, expected, strict=True):
        for person, other in _pairs(some, others):
            if person is not None and other.id >= 0 and person.id >= 0:
                swaps += last.get(other.id, person.id) != person.id
                last[other.id] = person.id
    return swaps


def _lateness(found: list[list[Person]], expected: list[list[Person]]) -> list[int]:
    """Of each who comes after the first image and stays: images until found, or all there are."""
    seen: dict[int, list[bool]] = {}
    for some, others in zip(found, expected, strict=True):
        for person, other in _pairs(some, others):
            seen.setdefault(other.id, []).append(person is not None)
    first = {person.id for person in expected[0]}
    return [times.index(True) if any(times) else len(times) for name, times in seen.items()
            if name >= 0 and name not in first and len(times) >= _KEPT]


def _table(name: str, rows: Rows) -> str:
    lines = [f'{name}, {rows["always"]["images"]} images',
             f'{"":27}{"moved mm":>13} {"torsos":>6} {"truth":>6} {"PCK":>6} {"missed":>6} {"swaps":>5} '
             f'{"late":>7} {"whole":>5} {"ms":>13} {"cores":>5} {"x":>5}']
    for way, row in rows.items():
        line = f'{way:27}'
        if 'moved_mm' in row:
            line += (f'{row["moved_mm"]:6.1f} {row["moved_median_mm"]:6.1f} {row["moved_torsos"]:6.3f} '
                     + (f'{row["truth_mm"]:6.1f} ' if 'truth_mm' in row else f'{"":7}') +
                     f'{row["pck"]:6.3f} {row["missed"]:6.3f} {row["swaps"]:5.0f} {row["late_most"]:3.0f} '
                     f'{row["late_median"]:3.0f} {row["whole"]:5.2f} {row["ms"]:6.1f} {row["mean_ms"]:6.1f} '
                     f'{row["cores_at_30_hz"]:5.2f}')
        elif way == _PEER:
            line += f'{row["mean_ms"]:75.1f} {row["cores_at_30_hz"]:5.2f}'
        lines.append(line + (f' {row["times_as_fast"]:5.2f}' if 'times_as_fast' in row else ''))
    return '\n'.join(lines) + '\n'


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--source', nargs='+', default=[str(BUNDLED_CLIP), str(CLIP), _FOUR], metavar='VIDEO',
                        help=f'videos, {_FOUR!r} or {_GENERATED!r}')
    parser.add_argument('--ways', nargs='+', default=list(_WAYS), choices=_WAYS, metavar='WAY',
                        help='besides always, some of auto, "+17 %%", "image alone"')
    parser.add_argument('--detector', default='ultralytics', choices=('ultralytics', 'open'))
    parser.add_argument('--frames', type=int, default=None, help='maximum number of images of each')
    parser.add_argument('--mediapipe', default='', metavar='PYTHON',
                        help='a Python interpreter that has mediapipe 0.10.21')
    parser.add_argument('--json', type=Path, default=None, help='file for the figures')
    return parser.parse_args()


if __name__ == '__main__':
    raise SystemExit(main())
