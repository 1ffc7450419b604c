"""Reproducibility of the pose network's joints: bit-identical, or the greatest difference in mm.

    python benchmarks/repeatable.py [--save FILE.npz] [--against FILE.npz]

Each installed backend is tested on four people of the bundled clip: run again, loaded again, with other
numbers of threads (PyTorch always uses those of its first run), with one person at a time instead of all at
once, and against the first backend. --save, --against: comparison with another run, e.g. on another machine
or by harness/avx2.py.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np

from hemlets_ros.errors import SettingsError
from hemlets_ros.geometry.volume import DEPTH_RANGE_MM
from hemlets_ros.inference import make_backend
from hemlets_ros.inference.choice import BACKENDS
from hemlets_ros.inference.sample_crops import clip_people
from hemlets_ros.settings import PoseSettings

_PEOPLE, _AGAIN, _THREADS = 4, 5, (1, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--save', type=Path, metavar='FILE.npz')
    parser.add_argument('--against', type=Path, metavar='FILE.npz')
    options = parser.parse_args()
    before = dict(np.load(options.against)) if options.against else {}
    joints: dict[str, np.ndarray] = {}
    for name in BACKENDS:
        try:
            joints[name] = _compare(name)
        except SettingsError as error:
            print(f'{name}: skipped: {error}')
            continue
        _say(name, 'the first backend', joints[name], next(iter(joints.values())))
        if name in before:
            _say(name, str(options.against), joints[name], before[name])
    if options.save:
        np.savez(options.save, **joints)


def _compare(name: str) -> np.ndarray:
    """Prints comparisons; returns the joints of all people at once, with one thread."""
    sample, first = clip_people(_PEOPLE), None
    for threads in (*_THREADS, _THREADS[0]):
        os.environ['OMP_NUM_THREADS'] = str(threads)  # read by the backends
        backend = make_backend(PoseSettings(device='cpu', backend=name))
        runs = [backend(sample.crops, sample.keypoints).joints for _ in range(_AGAIN)]
        if first is None:
            first = runs[0]
            one_by_one = [backend(sample.crops[row:row + 1], sample.keypoints[row:row + 1]).joints
                          for row in range(_PEOPLE)]
            _say(name, 'one by one', np.concatenate(one_by_one), first)
        _say(name, f'{threads} thread(s), {_AGAIN} times', np.stack(runs), first)
    assert first is not None
    return first


def _say(name: str, what: str, joints: np.ndarray, others: np.ndarray) -> None:
    off = float(np.abs(joints - others).max()) * DEPTH_RANGE_MM
    print(f'{name}, {what}: ' + (f'{off:.1e} mm' if off else 'the same'), flush=True)


if __name__ == '__main__':
    main()
