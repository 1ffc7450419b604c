"""Compares the detectors `open` and `ultralytics`, or `ultralytics` with another model file.

    python benchmarks/detectors.py pictures SOURCE ... [--skip N] [--every N] [--json FILE]
    python benchmarks/detectors.py rendered FOLDER ... [--limit N] [--json FILE]
    python benchmarks/detectors.py line FOLDER ... [--limit N] [--json FILE]
    python benchmarks/detectors.py ... --against FILE.onnx        # instead of `open`

pictures: agreement of the other detector with YOLO: share of YOLO's people that it finds, IoU of boxes,
distance of keypoints (OKS, and median in torso lengths), swapped left and right, additional people of either
detector (true or false positives: check the images), and time. SOURCE is a video, an image or a folder of
images.
rendered: images of 1280 x 720 px with six held-out synthetic people each (`hemlets synth --held-out`), large
and small; both detectors against ground truth.
line: held-out synthetic people, with each detector's boxes and keypoints: MPJPE, PA-MPJPE (mm), PCK@0.2 of
the people found by both detectors, and the number of people found by each; `more`: increase of the MPJPE
relative to `ultralytics`, and its standard error.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from harness.found_people import Agreement

from hemlets_ros.detection import Detector, make_detector
from hemlets_ros.detection.duplicates import without_duplicates
from hemlets_ros.inference import make_backend
from hemlets_ros.lab.datasets.detector_noise import detection_of
from hemlets_ros.lab.datasets.sample import Sample
from hemlets_ros.lab.datasets.shards import find_shards, read_shard
from hemlets_ros.lab.evaluation.dataset import evaluate_samples
from hemlets_ros.lab.evaluation.pose_metrics import pck_2d, pose_figures
from hemlets_ros.people import Box
from hemlets_ros.settings import FOLDER_RATE_HZ, DetectorSettings, PoseSettings, SourceSettings
from hemlets_ros.sources import open_source

_YOLO, _OPEN = 'ultralytics', 'open'
_SUSPECTED = 0.1  # minimum score of an uncertain detection
_WIDTH, _HEIGHT, _COLUMNS, _ROWS = 1280, 720, 3, 2
_HEIGHTS_PX = 40, 330  # range of heights of people in an image with several people


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('what', choices=('pictures', 'rendered', 'line'))
    parser.add_argument('sources', nargs='+', metavar='SOURCE')
    parser.add_argument('--skip', type=int, default=0, help='of a source, so many images at its start')
    parser.add_argument('--every', type=int, default=1, help='of a source, only every N-th image')
    parser.add_argument('--limit', type=int, default=10 ** 9, help='at most so many people of a folder')
    parser.add_argument('--size-px', type=int, default=0, help='detector_size_px of both')
    parser.add_argument('--score', type=float, default=DetectorSettings().score_threshold)
    parser.add_argument('--against', default=_OPEN, metavar='FILE',
                        help='a .pt or .onnx file of YOLO, instead of `open`')
    parser.add_argument('--json', type=Path)
    options = parser.parse_args()
    yolo = DetectorSettings(detector=_YOLO, detector_size_px=options.size_px)
    other = dataclasses.replace(yolo, detector=_OPEN) if options.against == _OPEN else \
        dataclasses.replace(yolo, detector_model=options.against)
    detectors = {_YOLO: make_detector(yolo, 'cpu'), Path(options.against).stem: make_detector(other, 'cpu')}
    of_kind = {'pictures': _pictures, 'rendered': _rendered, 'line': _line}[options.what]
    report = {}
    for source in options.sources:
        report[Path(source).name] = rows = of_kind(source, detectors, options)
        for name, figures in rows.items():
            print(f'{Path(source).name}, {name}: ' + ', '.join(
                f'{key} {value:g}' for key, value in figures.items()), flush=True)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + '\n')


def _pictures(source: str, detectors: dict[str, Detector], options: argparse.Namespace) -> _Rows:
    agreed, back = Agreement(), Agreement()
    _, other = detectors
    seconds: dict[str, list[float]] = {name: [] for name in detectors}
    opened = open_source(SourceSettings(source=source), FOLDER_RATE_HZ)
    for item in itertools.islice(opened, options.skip, None, options.every):
        found = {}
        for name, detector in detectors.items():
            start_s = time.perf_counter()
            found[name] = without_duplicates(detector(item.image, _SUSPECTED))
            seconds[name].append(time.perf_counter() - start_s)
        sure = {name: [box for box in boxes if box.score >= options.score] for name, boxes in found.items()}
        agreed.add(sure[other], sure[_YOLO], found[_YOLO])
        back.add(sure[_YOLO], sure[other], found[other])
    times = {f'{name}_ms': round(1000 * float(np.median(each)), 1) for name, each in seconds.items()}
    return {f'{other} of those of {_YOLO}': agreed.figures(), 'the other way round': back.figures(),
            'time': times}


def _rendered(folder: str, detectors: dict[str, Detector], options: argparse.Namespace) -> _Rows:
    agreed = {name: Agreement() for name in detectors}
    generator = np.random.default_rng(0)
    samples = itertools.islice(_samples(folder), options.limit)
    while group := list(itertools.islice(samples, _COLUMNS * _ROWS)):
        image, people = _together(group, generator)
        for name, detector in detectors.items():
            found = without_duplicates(detector(image, _SUSPECTED))
            agreed[name].add([box for box in found if box.score >= options.score], people)
    return {name: each.figures() for name, each in agreed.items()}


def _together(samples: list[Sample], generator: np.random.Generator) -> tuple[np.ndarray, list[Box]]:
    """An image with the people of several images, each in its own cell, and the true people."""
    image = np.full((_HEIGHT, _WIDTH, 3), 110, np.uint8)
    field = np.array([_WIDTH // _COLUMNS, _HEIGHT // _ROWS])
    people = []
    for number, sample in enumerate(samples):
        height = np.exp(generator.uniform(*np.log(_HEIGHTS_PX)))
        scale = min(height / (sample.box_px[3] - sample.box_px[1]), *(field / sample.image.shape[1::-1]))
        picture = cv2.resize(sample.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        space = field - picture.shape[1::-1]
        x, y = field * np.array(divmod(number, _ROWS)) + generator.integers(0, np.maximum(space, 0) + 1)
        image[y:y + picture.shape[0], x:x + picture.shape[1]] = picture

        def moved(points: np.ndarray, scale: float = scale, x: int = x, y: int = y) -> np.ndarray:
            return (points + 0.5) * scale - 0.5 + (x, y)

        keypoints = sample.keypoints_px
        people.append(Box(moved(sample.box_px.reshape(2, 2)).ravel(), 1.0, moved(keypoints[:, :2]),
                          keypoints[:, 2]))
    return image, people


def _line(folder: str, detectors: dict[str, Detector], options: argparse.Namespace) -> _Rows:
    backend = make_backend(PoseSettings(device='cpu'))
    samples = list(itertools.islice(_samples(folder), options.limit))
    found = {name: [_in_sight(detector, sample, options.score) for sample in samples]
             for name, detector in detectors.items()}
    both = [index for index in range(len(samples)) if all(boxes[index] for boxes in found.values())]
    rows, errors = {}, {}
    for name, boxes in found.items():
        result = evaluate_samples(backend, [_as_found(samples[index], boxes[index]) for index in both],
                                  steady_bones=True)
        full = result.full
        figures = pose_figures(result.predicted_mm[full][:, :17], result.truth_mm[full][:, :17])
        errors[name] = figures['mpjpe_mm']
        more = errors[name] - errors[_YOLO]
        pck = pck_2d(result.predicted_px, result.truth_px, result.known_2d, result.torso_px)
        rows[name] = {'people': len(samples), 'found': sum(box is not None for box in boxes),
                      'compared': len(both), 'MPJPE': round(float(figures['mpjpe_mm'].mean()), 1),
                      'PA': round(float(figures['pa_mpjpe_mm'].mean()), 1),
                      'PCK': round(float(np.nanmean(pck)), 3), 'more': round(float(more.mean()), 1),
                      'standard error': round(float(more.std() / np.sqrt(len(more))), 1)}
    return rows


def _in_sight(detector: Detector, sample: Sample, score: float) -> Box | None:
    """The detector's result for the sample's person in the original image area, px of the sample's image."""
    left, top, right, bottom = np.clip(np.round(sample.borders_px), 0, None).astype(int)
    seen = np.ascontiguousarray(sample.image[top:bottom + 1, left:right + 1])
    corner = np.array([left, top])
    box = detection_of(sample.box_px - np.tile(corner, 2), detector(seen, score))
    if box is None or box.keypoints_px is None:
        return None
    return dataclasses.replace(box, xyxy_px=box.xyxy_px + np.tile(corner, 2),
                               keypoints_px=box.keypoints_px + corner)


def _as_found(sample: Sample, box: Box) -> Sample:
    keypoints = np.column_stack([box.keypoints_px, box.keypoint_scores])
    return dataclasses.replace(sample, box_px=box.xyxy_px, detected=keypoints)


def _samples(folder: str) -> Iterator[Sample]:
    for url in find_shards(folder):
        yield from read_shard(url)


_Rows = dict[str, dict[str, float]]

if __name__ == '__main__':
    main()
