"""What the body head learns from: pictures through the frozen network, and posed bodies without pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hemlets_ros.body import quaternions as quat
from hemlets_ros.body.bones import BONE_MIRROR
from hemlets_ros.body.head import SHAPE, SHAPE_SCALE
from hemlets_ros.body.head_inputs import FACE_COUNT, face_inputs, head_inputs, implied_turns
from hemlets_ros.lab.bodies.bodies import Bodies
from hemlets_ros.lab.synthetic.phenotype import PHENOTYPE
from hemlets_ros.refinement.bone_lengths import with_likely_bones
from hemlets_ros.skeleton import PRIOR_BONES, PRIOR_LENGTHS_MM

_NAMES = ('joints_mm', 'truth_mm', 'confidence', 'turns', 'height_mm', 'phenotype')
_MORE = ('key', 'subject', 'root_mm', 'true_root_mm', 'places', 'keypoints', 'inside')
_FLIP = np.diag([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class Examples:
    """N people, float32, in the frames of their crops' rays."""

    inputs: np.ndarray  # (N, INPUT_COUNT)
    implied: np.ndarray  # (N, 24, 3, 3) what joints imply
    turns: np.ndarray  # (N, 24, 3, 3) the truth
    shape: np.ndarray  # (N, 7) by SHAPE, in SHAPE_SCALE; NaN where unknown
    features: np.ndarray | None = None  # (N, PLACE_COUNT, channels) float16


@dataclass(frozen=True)
class Frozen:
    """What frozen.py wrote, of N people."""

    joints_mm: np.ndarray  # (N, 18, 3) predicted, at the usual size
    truth_mm: np.ndarray  # (N, 18, 3)
    confidence: np.ndarray  # (N, 18)
    turns: np.ndarray  # (N, 24, 4)
    height_mm: np.ndarray
    phenotype: np.ndarray  # (N, 11)
    features: np.ndarray | None
    more: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.joints_mm)


def read_frozen(paths: Sequence[Path], features: Sequence[str] = ()) -> Frozen:
    """The files as one; features: which maps' values, in this order."""
    parts = [frozen_of(dict(np.load(path)), features) for path in paths]
    arrays = [np.concatenate([getattr(part, name) for part in parts]) for name in _NAMES]
    sampled = np.concatenate([part.features for part in parts]) if features else None
    return Frozen(*arrays, sampled, {name: np.concatenate([part.more[name] for part in parts]) for name in _MORE})


def frozen_of(arrays: Mapping[str, np.ndarray], features: Sequence[str] = ()) -> Frozen:
    """The arrays of frozen.frozen; features: as in `read_frozen`."""
    sampled = np.concatenate([arrays[name] for name in features], axis=2) if features else None
    return Frozen(*(arrays[name] for name in _NAMES), sampled, {name: arrays[name] for name in _MORE})


def size_of(joints_mm: np.ndarray) -> np.ndarray:
    """(N,) how large the bones of (N, 18, 3) are against the usual ones, by least squares."""
    lengths = np.linalg.norm(joints_mm[:, PRIOR_BONES[:, 0]] - joints_mm[:, PRIOR_BONES[:, 1]], axis=-1)
    result: np.ndarray = lengths @ PRIOR_LENGTHS_MM / (PRIOR_LENGTHS_MM @ PRIOR_LENGTHS_MM)
    return result


def shape_of(truth_mm: np.ndarray, height_mm: np.ndarray, phenotype: np.ndarray) -> np.ndarray:
    """(N, 7) by SHAPE, in SHAPE_SCALE."""
    columns = [np.log(size_of(truth_mm)), height_mm / 1000]
    columns += [phenotype[:, PHENOTYPE.index(name)] for name in SHAPE[2:]]
    result: np.ndarray = (np.stack(columns, axis=1) - SHAPE_SCALE[:, 0]) / SHAPE_SCALE[:, 1]
    return result


def inputs_of(frozen: Frozen, implied: np.ndarray) -> np.ndarray:
    """What the head is told of people: (N, INPUT_COUNT); implied: (N, 24, 4)."""
    face = face_inputs(frozen.more['keypoints'], frozen.more['places'][..., :2])
    return head_inputs(frozen.joints_mm, implied, frozen.confidence, face)


def examples_of(frozen: Frozen) -> Examples:
    """Pictures as examples."""
    implied = implied_turns(frozen.joints_mm)
    shape = shape_of(frozen.truth_mm, frozen.height_mm, frozen.phenotype)
    return Examples(inputs_of(frozen, implied),
                    quat.to_matrix(implied).astype(np.float32),
                    quat.to_matrix(frozen.turns).astype(np.float32), shape.astype(np.float32),
                    frozen.features)


class PosedBodies:
    """Examples without pictures: poses of a bank, in bodies of any shape, from anywhere, with the network's errors."""

    def __init__(self, bodies: Bodies, poses: np.ndarray, errors: Frozen) -> None:
        """poses: (M, 24, 3, 3) turns in any frame with up along axes[2]; errors: whose errors are taken."""
        self._bodies, self._poses, self._errors = bodies, poses, errors
        self._off_mm = errors.joints_mm - errors.truth_mm / size_of(errors.truth_mm)[:, None, None]

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[Examples]:
        """Without end."""
        while True:
            turns = self._poses[rng.integers(len(self._poses), size=size)].astype(float)
            mirrored = rng.random(size) < 0.5
            turns[mirrored] = _FLIP @ turns[mirrored][:, BONE_MIRROR] @ _FLIP
            turns = _views(size, rng)[:, None] @ turns
            which = rng.integers(len(self._bodies.height_mm), size=size)
            truth_mm = self._bodies.posed(which, turns)
            donors = rng.integers(len(self._errors), size=size)
            joints_mm = with_likely_bones(truth_mm / size_of(truth_mm)[:, None, None] + self._off_mm[donors])
            implied = implied_turns(joints_mm)
            shape = shape_of(truth_mm, self._bodies.height_mm[which], self._bodies.phenotype[which])
            yield Examples(head_inputs(joints_mm, implied, self._errors.confidence[donors], np.zeros((size, FACE_COUNT))),
                           quat.to_matrix(implied).astype(np.float32), turns.astype(np.float32),
                           shape.astype(np.float32))


def _views(count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, 3, 3) from a world with z upwards to cameras (x right, y down, z forward) that look anywhere."""
    level = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    x, _, z = np.eye(3)
    spin, pitch, roll = (quat.to_matrix(quat.about(axis, np.radians(degrees))) for axis, degrees in (
        (z, rng.uniform(0, 360, count)), (x, rng.normal(-8, 20, count)), (z, rng.normal(0, 6, count))))
    result: np.ndarray = roll @ pitch @ level @ spin
    return result
