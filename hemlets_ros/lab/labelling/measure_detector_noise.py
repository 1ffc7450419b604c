"""Measures a keypoint detector's errors on rendered people: hemlets_ros/lab/datasets/detector_noise.npz.

    hemlets synth --out shards --count 2000 --seed 11
    python -m hemlets_ros.lab.labelling.measure_detector_noise shards/part-0000[0-3].tar

The detector runs on each stored image at its original, double and half size, as the size of people varies.
"""

from __future__ import annotations

import argparse

import cv2
import numpy as np

from hemlets_ros.detection import make_detector
from hemlets_ros.lab.datasets.detector_noise import detection_of, measured, save_noise
from hemlets_ros.lab.datasets.shards import read_shard
from hemlets_ros.settings import DetectorSettings
from hemlets_ros.skeleton import COCO_NAMES

_SCALES = (0.5, 1.0, 2.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('shards', nargs='+')
    chosen = parser.parse_args().shards
    detectors = [make_detector(DetectorSettings(detector_size_px=size)) for size in (320, 640)]
    exact, seen, detected, missed = [], [], [], 0
    for number, sample in enumerate(sample for url in chosen for sample in read_shard(url)):
        scale = _SCALES[number % len(_SCALES)]
        image = cv2.resize(sample.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        found = detectors[scale > 1](image, 0.3)
        box = detection_of(sample.box_px * scale, found)
        if box is None:
            missed += 1
            continue
        exact.append(sample.keypoints_px[:, :2])
        seen.append(sample.keypoints_px[:, 2] > 0)
        detected.append(np.column_stack([(box.keypoints_px + 0.5) / scale - 0.5, box.keypoint_scores]))
    noise = measured(np.array(exact), np.array(seen), np.array(detected))
    save_noise(noise)
    print(f'{len(exact)} people, {missed} more not found; share of sizes, median and 90 %:')
    off = np.linalg.norm(noise.displacement, axis=-1)
    for index, name in enumerate(COCO_NAMES):
        parts = []
        for label, mask in (('seen', noise.seen[:, index]), ('hidden', ~noise.seen[:, index])):
            middle, high = np.quantile(off[mask, index], [0.5, 0.9])
            parts.append(f'{label} {middle:.3f} {high:.3f} score {noise.score[mask, index].mean():.2f}')
        print(f'{name:11s} {"   ".join(parts)}   swapped {noise.swapped[:, index].mean():.3f}')


if __name__ == '__main__':
    main()
