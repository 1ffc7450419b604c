"""Calibration of confidence: confidence against the fraction of joints within 100 mm.

    python benchmarks/confidence.py FOLDER [FOLDER ...] [--weights FILE] [--png docs/pictures/confidence.png]

Folders have held-out synthetic people (`hemlets synth --held-out`); half of them are evaluated with simulated
keypoints, half without. Errors are in 3D, with the pelvis at the origin and the true root depth.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

import numpy as np

from hemlets_ros.inference import make_backend
from hemlets_ros.lab.datasets.shards import find_shards, read_shard
from hemlets_ros.lab.evaluation.dataset import evaluate_samples
from hemlets_ros.lab.evaluation.pose_metrics import rooted
from hemlets_ros.settings import PoseSettings
from hemlets_ros.skeleton import ROOT

_NEAR_MM = 100.0
_BINS = np.linspace(0, 1, 11)
_LEAST = 50  # minimum number of joints in an evaluated bin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folders', nargs='+', metavar='FOLDER')
    parser.add_argument('--weights', default='')
    parser.add_argument('--png', default='', help='a plot')
    options = parser.parse_args()
    backend = make_backend(PoseSettings(weights=options.weights, device='cpu'))
    samples = [sample for folder in options.folders for url in find_shards(folder)
               for sample in read_shard(url)]
    confidence, near = [], []
    for part, keypoints in ((samples[::2], True), (samples[1::2], False)):
        result = evaluate_samples(backend, part, keypoints=keypoints)
        off_mm = np.linalg.norm(rooted(result.predicted_mm) - rooted(result.truth_mm), axis=-1)[result.full]
        joints = np.arange(off_mm.shape[1]) != ROOT  # the pelvis has no error, as it is the origin
        confidence.append(result.confidence[result.full][:, joints].ravel())
        near.append(off_mm[:, joints].ravel() < _NEAR_MM)
    values, right = np.concatenate(confidence), np.concatenate(near)
    print('| confidence | joints | mean confidence | nearer than 100 mm |\n|---|---|---|---|')
    rows = []
    for low, high in itertools.pairwise(_BINS):
        chosen = (values >= low) & (values < high + (high == 1))
        if chosen.sum() >= _LEAST:
            rows.append((values[chosen].mean(), right[chosen].mean()))
            print(f'| {low:.1f} to {high:.1f} | {chosen.sum()} | {rows[-1][0]:.2f} | {rows[-1][1]:.2f} |')
    if options.png:
        _plot(np.array(rows), Path(options.png))


def _plot(rows: np.ndarray, path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.5, 4.5), dpi=120, layout='constrained')
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color='0.7', linewidth=1)
    axes.plot(*rows.T, 'o-')
    axes.set(xlabel='confidence', ylabel='share of joints nearer than 100 mm', xlim=(0, 1), ylim=(0, 1))
    figure.savefig(path)


if __name__ == '__main__':
    main()
