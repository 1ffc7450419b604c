"""Effect of `detect_every`: joints compared with detection in every image.

    python benchmarks/detect_every.py [--source VIDEO] [--every 1 2 3 5] [--frames N] [--json FILE]

moved: mean distance of the joints from those with detection in every image, pelvis at the origin, mm; also
for images without detection only. PCK: share of 2D joints within 0.2 torso lengths of the detector's
keypoints of that image; in images without detection, the network does not get these keypoints. detector: its
time, averaged over all images, ms. missed: share of people that appear, with the same track id, only with
detection in every image.
"""

from __future__ import annotations

import argparse
import json
import time
from itertools import islice
from pathlib import Path

import numpy as np
from harness.clip_images import CLIP

from hemlets_ros import Pipeline
from hemlets_ros.detection import Detector, make_detector
from hemlets_ros.lab.evaluation.consistency import agreement, seen_by_detector
from hemlets_ros.people import Box, Person
from hemlets_ros.settings import FOLDER_RATE_HZ, DetectorSettings, SourceSettings
from hemlets_ros.sources import open_source


class _CachedDetector:
    """Runs a detector once per image, and keeps its boxes."""

    def __init__(self, detector: Detector) -> None:
        self._detector, self.name = detector, ''  # name of the next image
        self._known: dict[str, list[Box]] = {}
        self.seconds: list[float] = []

    def __call__(self, image: np.ndarray, score_threshold: float) -> list[Box]:
        if self.name not in self._known:
            start_s = time.perf_counter()
            self._known[self.name] = self._detector(image, score_threshold)
            self.seconds.append(time.perf_counter() - start_s)
        return self._known[self.name]


def main() -> int:
    options = _options()
    source = open_source(SourceSettings(source=options.source), FOLDER_RATE_HZ)
    detector = _CachedDetector(make_detector(DetectorSettings()))
    people: dict[int, list[dict[int, Person]]] = {}
    for every in sorted({1, *options.every}):
        pipeline = Pipeline(detector=detector, detect_every=every)
        frames = []
        for item in islice(source, options.frames):
            detector.name = item.name
            frames.append({person.id: person for person in pipeline(item.image, stamp_s=item.stamp_s)})
        people[every] = frames
    detector_ms = 1000 * float(np.median(detector.seconds))
    rows = {every: _compare(people[every], people[1], every) | {
        'detector_ms': round(detector_ms / every, 1)} for every in people}
    report = {'source': Path(options.source).name, 'frames': len(people[1]), 'every': rows}
    print(f'{"k":>3} {"moved mm":>9} {"between mm":>11} {"PCK":>6} {"missed":>7} {"detector ms":>12}')
    for every, row in rows.items():
        print(f'{every:3} {row["moved_mm"]:9.1f} {row["between_mm"]:11.1f} {row["pck_2d"]:6.3f} '
              f'{row["missed"]:7.3f} {row["detector_ms"]:12.1f}')
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + '\n')
    return 0


def _compare(frames: list[dict[int, Person]], truth: list[dict[int, Person]], every: int) -> dict[str, float]:
    pairs = [(number, found.get(name), person) for number, (found, expected) in enumerate(
        zip(frames, truth, strict=True)) for name, person in expected.items() if name >= 0]
    both = [(number, found, person) for number, found, person in pairs if found is not None]
    moved_mm = np.array([np.linalg.norm(found.root_relative_mm - person.root_relative_mm, axis=-1).mean()
                         for _, found, person in both])
    between = np.array([number % every > 0 for number, *_ in both])
    seen_px, known = seen_by_detector(np.array([person.keypoints_px for *_, person in both]),
                                      np.array([person.keypoint_scores for *_, person in both]))
    shares = agreement(np.array([found.joints_px for _, found, _ in both]), seen_px, known)
    return {'moved_mm': round(float(moved_mm.mean()), 1),
            'between_mm': round(float(moved_mm[between].mean()), 1) if between.any() else 0.0,
            'pck_2d': round(float(np.mean(list(shares.values()))), 3),
            'missed': round(1 - len(both) / len(pairs), 3)}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--source', default=str(CLIP), help='a video')
    parser.add_argument('--every', type=int, nargs='+', default=[1, 2, 3, 5], metavar='K')
    parser.add_argument('--frames', type=int, default=None, help='maximum number of images')
    parser.add_argument('--json', type=Path, default=None, help='file for the figures')
    return parser.parse_args()


if __name__ == '__main__':
    raise SystemExit(main())
