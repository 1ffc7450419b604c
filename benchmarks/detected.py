"""What keypoints of the real detector do, against simulated ones: the same rendered people with both.

    hemlets synth --held-out --count 1000 --seed 77 --backgrounds PHOTOS --out held
    python benchmarks/detected.py held [--weights FILE]

People whom the detector does not find are left out of both.
"""

from __future__ import annotations

import argparse
import dataclasses

import numpy as np

from hemlets_ros.datasets.detector_noise import detection_of
from hemlets_ros.datasets.sample import Sample
from hemlets_ros.datasets.shards import find_shards, read_shard
from hemlets_ros.detection import Detector, make_detector
from hemlets_ros.evaluation.alignment import procrustes
from hemlets_ros.evaluation.dataset import evaluate_samples
from hemlets_ros.evaluation.metrics import rooted
from hemlets_ros.runtimes import make_runtime
from hemlets_ros.settings import DetectorSettings, PoseSettings

_SIZE_PX = 320  # rendered images have 256
_LEAST_SCORE = 0.3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('shards', help='a folder of rendered people')
    parser.add_argument('--weights', default='', help='default: those that come with the package')
    options = parser.parse_args()
    detector = make_detector(DetectorSettings(detector_size_px=_SIZE_PX))
    samples = [sample for url in find_shards(options.shards) for sample in read_shard(url)]
    pairs = [(sample, real) for sample in samples if (real := _detected(detector, sample)) is not None]
    simulated, real = ([pair[which] for pair in pairs] for which in (0, 1))
    runtime = make_runtime(PoseSettings(weights=options.weights))
    print(f'{len(pairs)} of {len(samples)} people found    MPJPE  PA-MPJPE mm')
    for name, shown, keypoints in (('simulated keypoints', simulated, True), ('the detector\'s', real, True),
                                   ('none', simulated, False)):
        result = evaluate_samples(runtime, shown, keypoints=keypoints)
        predicted, truth = rooted(result.predicted_mm), rooted(result.truth_mm)
        errors = [np.linalg.norm(each - truth, axis=-1).mean() for each in
                  (predicted, procrustes(predicted, truth))]
        print(f'{name:27s} {errors[0]:6.1f}    {errors[1]:6.1f}')


def _detected(detector: Detector, sample: Sample) -> Sample | None:
    """The sample with the detector's keypoints of its person; None where that is not found."""
    box = detection_of(sample.box_px, detector(sample.image, _LEAST_SCORE))
    if box is None:
        return None
    keypoints = np.column_stack([box.keypoints_px, box.keypoint_scores])
    return dataclasses.replace(sample, keypoints_px=keypoints, keypoints_exact=False)


if __name__ == '__main__':
    main()
