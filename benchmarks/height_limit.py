"""Attainable error of the height of generated people, from exact phenotypes and from bone proportions.

    python benchmarks/height_limit.py bodies.npz

`python -m hemlets_ros.lab.bodies.bank` writes the file. The table has median errors, mm, of adults and of
children, for a quadratic regression with five-fold cross-validation. `noise` is the standard deviation of a
bone's relative length; for the pose network's bones from one image it is 0.06 to 0.1.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from hemlets_ros.lab.bodies.bodies import Bodies
from hemlets_ros.lab.synthetic.phenotype import PHENOTYPE
from hemlets_ros.skeleton import BONES, JOINT_COUNT

_CHILD = 0.6  # anny's age below which the generator counts a person as a child
_FOLDS, _RIDGE = 5, 3.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('bodies', type=Path)
    bodies = Bodies(**dict(np.load(parser.parse_args().bodies)))
    count = len(bodies.height_mm)
    adult = bodies.phenotype[:, PHENOTYPE.index('age')] >= _CHILD
    middle = float(np.median(bodies.height_mm[adult]))
    known = [index for index, name in enumerate(PHENOTYPE) if name != 'height']
    joints = bodies.posed(np.arange(count), np.tile(np.eye(3), (count, 24, 1, 1)))[:, :JOINT_COUNT]
    lengths = np.log(np.linalg.norm(joints[:, BONES[:, 0]] - joints[:, BONES[:, 1]], axis=-1))
    ratios = lengths - lengths.mean(axis=1, keepdims=True)
    predicted = {'the median of adults': np.full(count, middle),
                 'gender and age': _predicted(bodies.phenotype[:, :2], bodies.height_mm),
                 'all of the phenotype but height': _predicted(bodies.phenotype[:, known], bodies.height_mm)}
    rng = np.random.default_rng(0)
    for noise in (0.0, 0.02, 0.04, 0.08):
        noisy = ratios + rng.normal(0, noise, ratios.shape)
        predicted[f'proportions, noise {noise:.2f}'] = _predicted(noisy, bodies.height_mm)
    print(f'{count} bodies\n\n| from | adults | children |\n|---|---|---|')
    for name, height_mm in predicted.items():
        off = abs(height_mm - bodies.height_mm)
        print(f'| {name} | {np.median(off[adult]):.0f} | {np.median(off[~adult]):.0f} |')


def _predicted(values: np.ndarray, height_mm: np.ndarray) -> np.ndarray:
    """Heights (N,) by regression of their logarithm, fitted to the other folds."""
    scaled = (values - values.mean(axis=0)) / (values.std(axis=0) + 1e-9)
    i, j = np.triu_indices(scaled.shape[1])
    terms = np.concatenate([np.ones((len(scaled), 1)), scaled, scaled[:, i] * scaled[:, j]], axis=1)
    wanted, result, fold = np.log(height_mm), np.zeros(len(scaled)), np.arange(len(scaled)) % _FOLDS
    for number in range(_FOLDS):
        some, mean = terms[fold != number], wanted[fold != number].mean()
        weights = np.linalg.solve(some.T @ some + _RIDGE * np.eye(some.shape[1]),
                                  some.T @ (wanted[fold != number] - mean))
        result[fold == number] = terms[fold == number] @ weights + mean
    return np.exp(result)


if __name__ == '__main__':
    main()
