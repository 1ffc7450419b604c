"""Training examples of the body head: outputs of the frozen network, and posed bodies without images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hemlets_ros.body.bones import BONE_MIRROR
from hemlets_ros.body.head import SHAPE, SHAPE_SCALE, BodyHead, HeadOutput, grouped
from hemlets_ros.body.head_inputs import face_inputs, head_inputs, implied_turns
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.geometry.lift import root_depth_mm
from hemlets_ros.inference import lifter_alone
from hemlets_ros.lab.bodies.bodies import Bodies
from hemlets_ros.lab.datasets.detector_noise import load_noise
from hemlets_ros.lab.synthetic.phenotype import PHENOTYPE
from hemlets_ros.model.decode import decode
from hemlets_ros.refinement.bone_lengths import with_likely_bones
from hemlets_ros.settings import PoseSettings
from hemlets_ros.skeleton import COCO_NAMES, JOINT_COUNT, PRIOR_BONES, PRIOR_LENGTHS_MM, ROOT

_NAMES = ('joints_mm', 'truth_mm', 'confidence', 'turns', 'height_mm', 'phenotype')
_MORE = ('key', 'subject', 'root_mm', 'true_root_mm', 'places', 'keypoints', 'inside')
#: Factor on the errors of the keypoint prior: the network's errors are smaller, because it sees the image.
_ERROR_FACTOR = (0.35, 1.0)
_MARGIN = 1.3  # width of a crop over the extent of joints and keypoints
_FLIP = np.diag([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class Examples:
    """N people, float32, each in the frame of its crop's ray."""

    inputs: np.ndarray  # (N, INPUT_COUNT)
    implied: np.ndarray  # (N, 24, 3, 3) rotations computed from the joints
    turns: np.ndarray  # (N, 24, 3, 3) true rotations
    shape: np.ndarray  # (N, 7) in the order of SHAPE, scaled by SHAPE_SCALE; NaN: unknown
    features: np.ndarray | None = None  # (N, ...) of `head.grouped`

    def of(self, rows: np.ndarray) -> Examples:
        """The examples of some rows."""
        features = None if self.features is None else self.features[rows]
        return Examples(self.inputs[rows], self.implied[rows], self.turns[rows], self.shape[rows], features)


def joined(parts: Sequence[Examples]) -> Examples:
    """Concatenates examples; drops their features."""
    return Examples(*(np.concatenate([getattr(part, name) for part in parts])
                      for name in ('inputs', 'implied', 'turns', 'shape')))


@dataclass(frozen=True)
class Frozen:
    """The contents of files of frozen.py, for N people."""

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
    """Reads and concatenates the files; features: names of the feature maps, in this order."""
    parts = [frozen_of(dict(np.load(path)), features) for path in paths]
    arrays = [np.concatenate([getattr(part, name) for part in parts]) for name in _NAMES]
    sampled = np.concatenate([part.features for part in parts]) if features else None
    more = {name: np.concatenate([part.more[name] for part in parts]) for name in _MORE}
    return Frozen(*arrays, sampled, more)


def frozen_of(arrays: Mapping[str, np.ndarray], features: Sequence[str] = ()) -> Frozen:
    """Converts the arrays of frozen.frozen; features: as in `read_frozen`."""
    sampled = np.concatenate([arrays[name] for name in features], axis=2) if features else None
    return Frozen(*(arrays[name] for name in _NAMES), sampled, {name: arrays[name] for name in _MORE})


def size_of(joints_mm: np.ndarray) -> np.ndarray:
    """(N,) size of the bones of joints (N, 18, 3) relative to the usual bones, by least squares."""
    lengths = np.linalg.norm(joints_mm[:, PRIOR_BONES[:, 0]] - joints_mm[:, PRIOR_BONES[:, 1]], axis=-1)
    result: np.ndarray = lengths @ PRIOR_LENGTHS_MM / (PRIOR_LENGTHS_MM @ PRIOR_LENGTHS_MM)
    return result


def shape_of(truth_mm: np.ndarray, height_mm: np.ndarray, phenotype: np.ndarray) -> np.ndarray:
    """(N, 7) in the order of SHAPE, scaled by SHAPE_SCALE."""
    columns = [np.log(size_of(truth_mm)), height_mm / 1000]
    columns += [phenotype[:, PHENOTYPE.index(name)] for name in SHAPE[2:]]
    result: np.ndarray = (np.stack(columns, axis=1) - SHAPE_SCALE[:, 0]) / SHAPE_SCALE[:, 1]
    return result


def inputs_of(frozen: Frozen, implied: np.ndarray) -> np.ndarray:
    """Inputs of the head: (N, INPUT_COUNT); implied: (N, 24, 4) of `implied_turns`."""
    face = face_inputs(frozen.more['keypoints'], frozen.more['places'][..., :2])
    return head_inputs(frozen.joints_mm, implied, frozen.confidence, face)


def estimated(head: BodyHead, frozen: Frozen, image: bool = True) -> HeadOutput:
    """The output of the head, with or without the features of the image."""
    features = grouped(frozen.features) if image and frozen.features is not None else None
    return head.estimate(frozen.joints_mm, frozen.confidence, frozen.more['places'][..., :2],
                         frozen.more['keypoints'], features)


def examples_of(frozen: Frozen) -> Examples:
    """Training examples from outputs of the frozen network."""
    implied = implied_turns(frozen.joints_mm)
    shape = shape_of(frozen.truth_mm, frozen.height_mm, frozen.phenotype)
    return Examples(inputs_of(frozen, implied),
                    quat.to_matrix(implied).astype(np.float32),
                    quat.to_matrix(frozen.turns).astype(np.float32), shape.astype(np.float32),
                    None if frozen.features is None else grouped(frozen.features))


class PosedBodies:
    """Examples without images: poses of a bank, bodies of any shape, random viewpoints.

    The joints come from the network's keypoint prior, applied to simulated keypoints. Its errors resemble the
    network's, but they are larger. Therefore they are reduced by a random factor.
    """

    def __init__(self, bodies: Bodies, poses: np.ndarray) -> None:
        """poses: (M, 24, 3, 3) rotations from the rest pose to a world with z up."""
        self._bodies, self._poses = bodies, poses
        self._lifter, self._noise = lifter_alone(PoseSettings(device='cpu')), load_noise()

    def examples(self, count: int, rng: np.random.Generator) -> Examples:
        """Generates `count` random examples."""
        turns = self._poses[rng.integers(len(self._poses), size=count)].astype(float)
        mirrored = rng.random(count) < 0.5
        turns[mirrored] = _FLIP @ turns[mirrored][:, BONE_MIRROR] @ _FLIP
        turns = _views(count, rng)[:, None] @ turns
        which = rng.integers(len(self._bodies.height_mm), size=count)
        points_mm = self._bodies.posed(which, turns)
        truth_mm = points_mm[:, :JOINT_COUNT]
        keypoints, rays_per_crop = self._detected(points_mm, rng)
        output = self._lifter(np.zeros((count, 1, 1, 3), np.uint8), keypoints)
        pose = decode(output.joints, output.spread)
        directions = np.concatenate([output.joints[..., :2] * rays_per_crop[:, None, None],
                                     np.ones((count, JOINT_COUNT, 1))], axis=2)
        root_mm = root_depth_mm(directions, pose.depth_mm, pose.confidence)
        lifted_mm = directions * (root_mm[:, None] + pose.depth_mm)[..., None]
        true_mm, share = truth_mm / size_of(truth_mm)[:, None, None], rng.uniform(*_ERROR_FACTOR, (count, 1))
        joints_mm = with_likely_bones(
            true_mm + share[..., None] * (lifted_mm - lifted_mm[:, [ROOT]] - true_mm))
        confidence = 1 - share * (1 - pose.confidence)
        implied, face = implied_turns(joints_mm), face_inputs(keypoints, output.joints[..., :2])
        shape = shape_of(truth_mm, self._bodies.height_mm[which], self._bodies.phenotype[which])
        return Examples(head_inputs(joints_mm, implied, confidence, face),
                        quat.to_matrix(implied).astype(np.float32), turns.astype(np.float32),
                        shape.astype(np.float32))

    def _detected(self, points_mm: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Simulated keypoints (N, 17, 3) in [-0.5, 0.5] of a crop; width of the crop in X/Z (N,)."""
        count = len(points_mm)
        away_mm = rng.uniform(2000, 9000, (count, 1))
        rays = points_mm[..., :2] / (points_mm[..., 2] + away_mm)[..., None]
        low, high = rays.min(axis=1), rays.max(axis=1)
        middle, extent = (low + high) / 2, _MARGIN * (high - low).max(axis=1) * rng.uniform(0.9, 1.3, count)
        places = (rays[:, JOINT_COUNT:] - middle[:, None]) / extent[:, None, None]
        seen = rng.random((count, len(COCO_NAMES))) < np.where(rng.random(count) < 0.5, 1.0, 0.8)[:, None]
        cut = rng.random(count) < 0.2  # at the hips or the knees
        for rows, first in ((cut, 'l_knee'), (cut & (rng.random(count) < 0.5), 'l_hip')):
            seen[np.ix_(rows, np.arange(COCO_NAMES.index(first), len(COCO_NAMES)))] = False
        return self._noise(places, seen, rng).astype(np.float32), extent


def _views(count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, 3, 3) rotations from a world with z up to random cameras (x right, y down, z forward)."""
    level = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    x, _, z = np.eye(3)
    spin, pitch, roll = (quat.to_matrix(quat.about(axis, np.radians(degrees))) for axis, degrees in (
        (z, rng.uniform(0, 360, count)), (x, rng.normal(-8, 20, count)), (z, rng.normal(0, 6, count))))
    result: np.ndarray = roll @ pitch @ level @ spin
    return result
