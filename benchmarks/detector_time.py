"""Processor time of the detector by image size, for the bundled models and other YOLO files.

    python benchmarks/detector_time.py [MODEL.onnx ...] [--sizes 640,960] [--rounds 15]

Complete detections in an image of the tests' clip (1280 x 720 px, two people), alternating between models:
median processor time of all threads, and ratios to the first model within each round; the same for the whole
pipeline; then the time of steps other than the network. Accuracy: benchmarks/detectors.py. To emulate a
processor without AVX-512: harness/avx2.py.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from harness.clip_images import CLIP
from harness.timing import Case, interleaved, repeated

from hemlets_ros.detection import Detector, make_detector
from hemlets_ros.detection.letterbox import Letterbox
from hemlets_ros.detection.onnx_yolo import pixels_of
from hemlets_ros.detection.yolo_files import bundled_models
from hemlets_ros.geometry.crop import crop_person
from hemlets_ros.pipeline import Pipeline
from hemlets_ros.settings import DetectorSettings, SourceSettings
from hemlets_ros.sources import open_source

_INSTRUCTIONS = ('avx2', 'avx_vnni', 'avx512f', 'avx512_vnni', 'avx512_bf16', 'amx_int8')
_THRESHOLD, _STRIDE, _CROPS = 0.4, 32, 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('models', nargs='*', metavar='MODEL.onnx')
    parser.add_argument('--sizes', default='640,960')
    parser.add_argument('--rounds', type=int, default=15)
    options = parser.parse_args()
    flags = Path('/proc/cpuinfo').read_text().partition('flags')[2].partition('\n')[0].split()
    print('the processor has:', ', '.join(name for name in _INSTRUCTIONS if name in flags))
    image = next(iter(open_source(SourceSettings(source=str(CLIP))))).image
    cases = []
    for size_px in map(int, options.sizes.split(',')):
        for model in (*bundled_models(), *options.models):
            detector = make_detector(DetectorSettings(detector_model=model, detector_size_px=size_px), 'cpu')
            cases.append(_case(f'{size_px} px', Path(model).name, _detect(detector, image)))
    for model in (*bundled_models(), *options.models):
        pipeline = Pipeline(detector_model=model, device='cpu', tracking=False)
        cases.append(_case('the whole pipeline', Path(model).name, _process(pipeline, image)))
    boxes = make_detector(DetectorSettings(), 'cpu')(image, _THRESHOLD)[:1] * _CROPS
    beside = [_case('beside', f'{size_px} px, {name}', call)
              for size_px in map(int, options.sizes.split(',')) for name, call in _preparing(image, size_px)]
    beside.append(_case('beside', f'{_CROPS} crops', lambda: [crop_person(image, box) for box in boxes]))
    seconds = np.array(interleaved(cases + beside, range(options.rounds), 0.3))
    for index, case in enumerate(cases):
        first = next(row for row, each in enumerate(cases) if each.stage == case.stage)
        print(f'{case.stage}, {case.name}: {1000 * np.median(seconds[index]):.1f} ms, '
              f'{np.median(seconds[index] / seconds[first]):.2f}')
    for case, each in zip(beside, seconds[len(cases):], strict=True):
        print(f'{case.name}: {1000 * np.median(each):.2f} ms')


def _case(stage: str, name: str, call: Callable[[], object]) -> Case:
    return Case(stage, name, repeated(call, time.process_time))


def _detect(detector: Detector, image: np.ndarray) -> Callable[[], object]:
    return lambda: detector(image, _THRESHOLD)


def _process(pipeline: Pipeline, image: np.ndarray) -> Callable[[], object]:
    return lambda: pipeline.process(image)


def _preparing(image: np.ndarray, size_px: int) -> list[tuple[str, Callable[[], object]]]:
    return [('scale and pad', lambda: Letterbox.of(image, size_px, _STRIDE).draw(image, (0, 0, 0))),
            ('all before the network', lambda: pixels_of(image, size_px, _STRIDE))]


if __name__ == '__main__':
    main()
