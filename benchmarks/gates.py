"""All figures by which weights are chosen, in one line: accuracy, cut people, lean of the trunk.

    python benchmarks/gates.py WEIGHTS FOLDER [FOLDER ...] [--limit 300] [--log docs/logs/gates.csv]

A folder has held-out synthetic people (`hemlets synth --held-out`). For each folder, with simulated keypoints
and from the image only: MPJPE, PA-MPJPE (mm) and 2D PCK@0.2 of the torso; `in`: share of legs outside the
image that are predicted inside; `up`: share of thighs wrongly predicted to point up; `lean`: mean error of
the forward lean of upright people's trunks, degrees.
"""

from __future__ import annotations

import argparse
import csv
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hemlets_ros.inference import make_backend
from hemlets_ros.lab.datasets.sample import Sample
from hemlets_ros.lab.datasets.shards import find_shards, read_shard
from hemlets_ros.lab.evaluation.dataset import Evaluated, evaluate_samples
from hemlets_ros.lab.evaluation.pose_metrics import pck_2d, pose_figures
from hemlets_ros.settings import PoseSettings
from hemlets_ros.skeleton import INDEX

_LEGS = [INDEX[f'{side}_{part}'] for side in 'lr' for part in ('knee', 'ankle')]
_UPRIGHT_DEG = 35.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('weights', help='our .safetensors; empty: those of the package')
    parser.add_argument('folders', nargs='+', metavar='FOLDER')
    parser.add_argument('--limit', type=int, default=10 ** 9, help='so many samples of each folder')
    parser.add_argument('--backend', default='torch')
    parser.add_argument('--log', default='', metavar='CSV', help='file to append the line to')
    options = parser.parse_args()
    backend = make_backend(PoseSettings(weights=options.weights, device='cpu', backend=options.backend))
    line: dict[str, str | float] = {'weights': Path(options.weights).name or 'package'}
    for folder in options.folders:
        for name, keypoints in (('', True), (' alone', False)):
            samples = list(itertools.islice(_samples(folder), options.limit))
            result = evaluate_samples(backend, samples, keypoints=keypoints, steady_bones=True)
            line |= {f'{Path(folder).name}{name} {figure}': value
                     for figure, value in _figures(result, samples).items()}
    print('; '.join(f'{key} {value}' for key, value in line.items()))
    if options.log:
        is_new = not Path(options.log).exists()
        with Path(options.log).open('a', newline='') as file:
            writer = csv.writer(file)
            if is_new:
                writer.writerow(line.keys())
            writer.writerow(line.values())


def _samples(folder: str) -> Iterator[Sample]:
    for url in find_shards(folder):
        yield from read_shard(url)


def _figures(result: Evaluated, samples: list[Sample]) -> dict[str, float]:
    full = result.full
    predicted, truth = result.predicted_mm[full], result.truth_mm[full]
    figures = pose_figures(predicted[:, :17], truth[:, :17])
    frames = np.array([sample.borders_px for sample in samples])[:, None]
    outside, placed_outside = (
        ~((frames[..., :2] <= px) & (px <= frames[..., 2:])).all(-1)[:, _LEGS] for px in
        (result.truth_px, result.predicted_px))
    up, truly_up = (np.array([each[:, INDEX[f'{side}_knee'], 1] < each[:, INDEX[f'{side}_hip'], 1]
                              for side in 'lr']) for each in (predicted, truth))
    upright = _lean_deg(truth)[1] < _UPRIGHT_DEG
    lean = (_lean_deg(predicted)[0] - _lean_deg(truth)[0])[upright]
    return {'MPJPE': round(float(figures['mpjpe_mm'].mean()), 1),
            'PA': round(float(figures['pa_mpjpe_mm'].mean()), 1),
            'PCK': round(float(np.nanmean(pck_2d(result.predicted_px, result.truth_px, result.known_2d,
                                                 result.torso_px))), 3),
            'in': round(float((~placed_outside)[outside].mean()), 3),
            'up': round(float((up & ~truly_up).mean()), 3), 'lean': round(float(lean.mean()), 1)}


def _lean_deg(joints_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Forward lean (N,) of trunks in the person's own frame, and their angles (N,) to the vertical."""
    trunk = joints_mm[:, INDEX['mid_shoulder']] - joints_mm[:, INDEX['pelvis']]
    aside = joints_mm[:, INDEX['l_hip']] - joints_mm[:, INDEX['r_hip']]
    up = np.array([0.0, -1.0, 0.0])
    forward = np.cross(aside, up)  # with x to the person's left and y up, z is forward
    forward /= np.maximum(np.linalg.norm(forward, axis=1, keepdims=True), 1e-6)
    length = np.maximum(np.linalg.norm(trunk, axis=1), 1e-6)
    return (np.degrees(np.arctan2((trunk * forward).sum(1), trunk @ up)),
            np.degrees(np.arccos(np.clip(trunk @ up / length, -1, 1))))


if __name__ == '__main__':
    main()
