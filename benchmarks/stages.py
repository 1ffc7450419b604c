"""Processor time of each stage of the pipeline with `detect` auto, in one thread.

    python benchmarks/stages.py [--images 88] [--source VIDEO] [--set NAME=VALUE ...]

Without --source, one man of the bundled clip walks back and forth, as in `hemlets bench --mediapipe`.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

os.environ['OMP_NUM_THREADS'] = '1'  # the backends read it

import cv2

from hemlets_ros.cli.peers.one_person_clip import write_one_person_clip
from hemlets_ros.detection.onnx_yolo import OnnxYoloDetector
from hemlets_ros.pipeline import Pipeline
from hemlets_ros.pipeline.person_finder import PersonFinder
from hemlets_ros.pipeline.pose_estimator import PoseEstimator
from hemlets_ros.pipeline.selective_detection import SelectiveDetection
from hemlets_ros.settings import SourceSettings
from hemlets_ros.sources import open_source
from hemlets_ros.tracking.byte_track import Tracker
from hemlets_ros.tracking.image_change import ImageChange

_RATE_HZ = 30.0
#: Stage -> class and name of its function, and the stages that it calls, whose time is subtracted.
_STAGES: dict[str, tuple[type, str, tuple[str, ...]]] = {
    'pose network, with left/right check': (PoseEstimator, '_predict', ()),
    'decoding, lifting, refinement': (PoseEstimator, '__call__', ('pose network, with left/right check',)),
    'detection in windows': (SelectiveDetection, '_look', ()),
    'detection in the whole image': (PersonFinder, 'detect', ()),
    'change of the image': (ImageChange, 'look', ()),
    'tracking': (Tracker, 'update', ()),
    'cropping': (PersonFinder, '_cut', ()),
    'finding, the rest': (PersonFinder, '__call__', (
        'detection in windows', 'detection in the whole image', 'change of the image', 'tracking',
        'cropping')),
    '(networks of both detections)': (OnnxYoloDetector, '_run', ()),
}


def main() -> None:
    options = _options()
    cv2.setNumThreads(1)
    spent_s: dict[str, float] = defaultdict(float)
    for stage, (owner, name, _) in _STAGES.items():
        setattr(owner, name, _clocked(getattr(owner, name), stage, spent_s))
    pipeline = Pipeline(**({'detect': 'auto'} | dict(options.set)))
    pipeline.warm_up()
    with tempfile.TemporaryDirectory() as folder:
        video = options.source
        if not video:
            video = str(Path(folder, 'one_person.mp4'))
            write_one_person_clip(Path(video))
        spent_s.clear()
        start_s = time.process_time()
        count = 0
        for item in islice(open_source(SourceSettings(source=video), _RATE_HZ), options.images):
            count += 1
            spent_s['decoding'] += time.process_time() - start_s
            pipeline.process(item.image, stamp_s=count / _RATE_HZ)
            spent_s['all'] += time.process_time() - start_s
            start_s = time.process_time()
    own_s = {stage: seconds - sum(spent_s[each] for each in _STAGES.get(stage, ('', '', ()))[2])
             for stage, seconds in spent_s.items()}
    print('| stage | ms per image | share |\n|---|---|---|')
    for stage in sorted(own_s, key=lambda each: -own_s[each]):
        print(f'| {stage} | {1000 * own_s[stage] / count:.2f} | {own_s[stage] / spent_s["all"]:.1%} |')


def _clocked(call: Callable[..., Any], stage: str, spent_s: dict[str, float]) -> Callable[..., Any]:
    def clocked(*given: Any, **named: Any) -> Any:
        start_s = time.process_time()
        try:
            return call(*given, **named)
        finally:
            spent_s[stage] += time.process_time() - start_s

    return clocked


def _options() -> argparse.Namespace:
    def setting(text: str) -> tuple[str, Any]:
        name, _, value = text.partition('=')
        return name, yaml.safe_load(value)

    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--images', type=int, default=88)
    parser.add_argument('--source', default='', help='video')
    parser.add_argument('--set', type=setting, nargs='*', default=[], help='parameters, as NAME=VALUE')
    return parser.parse_args()


if __name__ == '__main__':
    main()
