"""Errors of the distance, with and without people's heights (`person_height_m`).

    python benchmarks/distance.py FOLDER [FOLDER ...] [--weights FILE]

A folder has held-out synthetic people (`hemlets synth --held-out`), one image each, with simulated
keypoints. A person's height is derived from the true bones: `PRIOR_HEIGHT_M` times their size relative to
the mean skeleton.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator

import numpy as np

from hemlets_ros.geometry.crop import apply_affine
from hemlets_ros.geometry.depth_frame import CAMERA, at_root, crop_rotations
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.geometry.lift import lift
from hemlets_ros.inference import Backend, make_backend
from hemlets_ros.lab.datasets.sample import Sample
from hemlets_ros.lab.datasets.shards import find_shards, read_shard
from hemlets_ros.lab.evaluation.dataset import crop_of, is_full
from hemlets_ros.model.decode import crop_keypoints, decode
from hemlets_ros.refinement.left_right import corrected_keypoints
from hemlets_ros.settings import PoseSettings
from hemlets_ros.skeleton import PRIOR_BONES, PRIOR_HEIGHT_M, PRIOR_LENGTHS_MM

_LIMITS_M = (0.0, 1.5, 1.65, 1.85, 3.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folders', nargs='+', metavar='FOLDER')
    parser.add_argument('--weights', default='', help='our .safetensors; empty: those of the package')
    options = parser.parse_args()
    backend = make_backend(PoseSettings(weights=options.weights, device='cpu'))
    for folder in options.folders:
        rows = np.array([_row(backend, sample) for sample in _samples(folder)])
        heights_m, errors = rows[:, 0], rows[:, 1:]
        print(f'{folder}: height, people, relative error of the distance as median (and its magnitude): by '
              f'{PRIOR_HEIGHT_M} m for all, by the true height')
        for low, high in (*itertools.pairwise(_LIMITS_M), (0.0, 3.0)):
            chosen = (low <= heights_m) & (heights_m < high)
            if chosen.any():
                signed, size = np.median(errors[chosen], axis=0), np.median(abs(errors[chosen]), axis=0)
                print(f'{low:.2f} to {high:.2f} m: {chosen.sum()}; '
                      + '; '.join(f'{a:+.3f} ({b:.3f})' for a, b in zip(signed, size, strict=True)))


def _samples(folder: str) -> Iterator[Sample]:
    for url in find_shards(folder):
        yield from (sample for sample in read_shard(url) if is_full(sample))


def _row(backend: Backend, sample: Sample) -> tuple[float, float, float]:
    crop, intrinsics = crop_of(sample), Intrinsics(sample.intrinsics_px)
    output = backend(crop.image[None], crop_keypoints([crop]), False, corrected_keypoints)
    pose = decode(output.joints, output.spread)
    joints_px = apply_affine(crop.crop_to_image, pose.crop_px[0])
    rotations = crop_rotations(backend.config.depth_frame, intrinsics, [crop.crop_to_image])
    joints_mm, = lift(joints_px[None], pose.depth_mm, intrinsics, pose.confidence, rotations)
    truth_mm, = at_root(intrinsics.rays(sample.joints_px)[None], sample.depth_mm[None], sample.root_mm[None],
                        crop_rotations(CAMERA, intrinsics, [crop.crop_to_image]))
    lengths_mm = np.linalg.norm(truth_mm[PRIOR_BONES[:, 0]] - truth_mm[PRIOR_BONES[:, 1]], axis=1)
    size = float(lengths_mm @ PRIOR_LENGTHS_MM / (PRIOR_LENGTHS_MM @ PRIOR_LENGTHS_MM))
    ratio = float(np.linalg.norm(joints_mm[0]) / np.linalg.norm(sample.root_mm))
    return size * PRIOR_HEIGHT_M, ratio - 1, size * ratio - 1


if __name__ == '__main__':
    main()
