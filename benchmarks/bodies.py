"""Accuracy of bodies: rotations of bones, mesh, height; and their steadiness over time.

    python benchmarks/bodies.py FOLDER [FOLDER ...] [--meshes 100] [--film VIDEO|clip] [--height-m 1.5]

A folder has held-out synthetic people (`hemlets synth --held-out`), one image each, with simulated keypoints;
or it is a file made from one by `python -m hemlets_ros.lab.bodies.frozen`.
Angles are between true and estimated rotations of the 24 bones from the rest pose to the camera frame,
degrees: median over people and bones; median of wrists and ankles only; mean. Compared are:

- swing: rotations from the joints: swing, and twist of bent limbs (hemlets_ros/body/from_joints.py)
- fit to joints: a body with the person's bone lengths, fitted to the joints, starting from swing
- head: the body head's rotations; then the same fitted to the joints, as in the pipeline (`body:=true`)

`skin`: distance of the mesh's vertices after Procrustes, mm, mean over vertices, median over people with an
anny body; swing and fit use a body of mean shape. `height`: error, mm, median over people who are completely
inside the image. `joints`: distance of the body's joints from the 18 joints, mm, mean.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hemlets_ros import Pipeline
from hemlets_ros.body.body_fit import body_joints_mm, fitted
from hemlets_ros.body.body_lengths import body_offsets
from hemlets_ros.body.bones import BONE_INDEX
from hemlets_ros.body.head import SHAPE, BodyHead
from hemlets_ros.body.head_inputs import implied_turns
from hemlets_ros.body.kinematics import local_rotations, world_rotations
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.inference import make_backend
from hemlets_ros.lab.bodies.examples import Frozen, estimated, frozen_of, size_of
from hemlets_ros.lab.bodies.frozen import frozen
from hemlets_ros.lab.bodies.posed_skin import MeshPoser
from hemlets_ros.lab.datasets.sample import Sample
from hemlets_ros.lab.datasets.shards import find_shards, read_shard
from hemlets_ros.lab.evaluation.alignment import procrustes
from hemlets_ros.lab.synthetic.phenotype import PHENOTYPE
from hemlets_ros.pipeline.body_estimator import HEAD
from hemlets_ros.settings import PoseSettings
from hemlets_ros.skeleton import BONES, PRIOR_HEIGHT_M
from hemlets_ros.sources.bundled_clip import CLIP

_ENDS = [BONE_INDEX[f'{side}_{bone}'] for side in 'lr' for bone in ('wrist', 'ankle')]
_MEAN_SHAPE = dict.fromkeys(PHENOTYPE, 0.5) | {
    'age': 0.75, 'african': 1 / 3, 'asian': 1 / 3, 'caucasian': 1 / 3}


@dataclass(frozen=True)
class Estimate:
    """Estimates of N people."""

    turns: np.ndarray  # (N, 24, 4)
    shape: np.ndarray | None  # (N, 7) by SHAPE; None: the mean shape


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folders', nargs='*', metavar='FOLDER')
    parser.add_argument('--meshes', type=int, default=100,
                        help='people of each folder whose skin is compared')
    parser.add_argument('--height-m', type=float, default=PRIOR_HEIGHT_M,
                        help='also the distance by this height for all, as by the parameter person_height_m')
    parser.add_argument('--film', default='', help='a video of people who walk slowly; clip: the bundled one')
    options = parser.parse_args()
    head = BodyHead(HEAD)
    poser = MeshPoser() if options.meshes and options.folders else None
    for folder in options.folders:
        people = _people(folder, head.features)
        print(f'\n{folder}: {len(people)} people\n\n'
              '| | angle | wrists, feet | mean | skin | height | joints |\n|---|---|---|---|---|---|---|')
        for name, estimate in _estimates(head, people).items():
            print(f'| {name} | {" | ".join(_figures(estimate, people, poser, options.meshes))} |', flush=True)
        _tell_distance(head, people, options.height_m)
    if options.film:
        _tell_film(str(CLIP) if options.film == 'clip' else options.film)


def _people(folder: str, features: list[str]) -> Frozen:
    if Path(folder).suffix == '.npz':
        return frozen_of(dict(np.load(folder)), features)
    backend = make_backend(PoseSettings(device='cpu', body=True, backend='onnxruntime'))
    return frozen_of(frozen(backend, _samples(folder)), features)


def _samples(folder: str) -> Iterator[Sample]:
    for url in find_shards(folder):
        yield from (sample for sample in read_shard(url) if sample.bone_turns is not None)


def _estimates(head: BodyHead, people: Frozen) -> dict[str, Estimate]:
    implied = implied_turns(people.joints_mm)
    turns, shape = estimated(head, people)
    blind, blind_shape = estimated(head, people, image=False)
    return {'swing': Estimate(implied, None), 'fit to joints': Estimate(_fit(people, implied), None),
            'head without image': Estimate(blind, blind_shape),
            'head': Estimate(turns, shape), 'head, fitted': Estimate(_fit(people, turns), shape)}


def _fit(people: Frozen, turns: np.ndarray) -> np.ndarray:
    """Rotations (N, 24, 4) of bodies with each person's bone lengths, fitted from the given ones."""
    rotations = local_rotations(turns)
    return world_rotations(np.stack([
        fitted(joints, confidence, each, body_offsets(joints[None])[0])[1]
        for joints, confidence, each in zip(people.joints_mm, people.confidence, rotations, strict=True)]))


def _figures(estimate: Estimate, people: Frozen, poser: MeshPoser | None, meshes: int) -> list[str]:
    angles = quat.angle_deg(estimate.turns, people.turns)
    whole = people.more['inside'].all(axis=1)
    height = '' if estimate.shape is None else f'''{np.median(abs(
        1000 * estimate.shape[:, SHAPE.index("height_m")] - people.height_mm)[whole]):.0f}'''
    skin = '' if poser is None else f'{np.median(_skin_mm(estimate, people, poser, meshes)):.0f}'
    off = []
    for joints, rotations in zip(people.joints_mm, local_rotations(estimate.turns), strict=True):
        of_body = body_joints_mm(joints[0], rotations, body_offsets(joints[None])[0])
        off.append(np.linalg.norm(of_body - joints, axis=1).mean())
    return [f'{np.median(angles):.1f}', f'{np.median(angles[:, _ENDS]):.1f}', f'{angles.mean():.1f}', skin,
            height, f'{np.mean(off):.0f}']


def _skin_mm(estimate: Estimate, people: Frozen, poser: MeshPoser, count: int) -> list[float]:
    """Mean distances of vertices after Procrustes, of `count` people."""
    result = []
    for number in np.flatnonzero(np.isfinite(people.phenotype[:, 0]))[:count]:
        truth = dict(zip(PHENOTYPE, people.phenotype[number].tolist(), strict=True))
        guess = _MEAN_SHAPE
        if estimate.shape is not None:
            told = dict(zip(SHAPE, estimate.shape[number].tolist(), strict=True))
            guess = guess | {name: float(np.clip(told[name], 0.02, 0.98)) for name in SHAPE[2:]}
            guess = poser.with_height(guess, told['height_m'])
        wanted = poser.vertices_m(truth, people.turns[number])
        found = procrustes(poser.vertices_m(guess, estimate.turns[number])[None], wanted[None])[0]
        result.append(1000 * float(np.linalg.norm(found - wanted, axis=1).mean()))
    return result


def _tell_distance(head: BodyHead, people: Frozen, height_m: float) -> None:
    """Prints the relative error of the distance by usual, given, estimated and true heights."""
    shape = estimated(head, people).shape
    found, true = (np.linalg.norm(people.more[name], axis=1) for name in ('root_mm', 'true_root_mm'))
    size = size_of(people.truth_mm)
    print('\nsize of bones, people: relative error of the distance, median (of its magnitude), by the usual '
          f'size for all; by {height_m:.2f} m for all; by estimated sizes; by true sizes')
    for low, high in ((0.0, 0.85), (0.85, 0.95), (0.95, 1.03), (1.03, 2.0), (0.0, 2.0)):
        chosen = (low <= size) & (size < high)
        if chosen.any():
            errors = [(found * factor / true - 1)[chosen] for factor in (
                1.0, height_m / PRIOR_HEIGHT_M, np.exp(shape[:, 0]), size)]
            print(f'{low:.2f} to {high:.2f}, {chosen.sum()}: ' + '; '.join(
                f'{np.median(each):+.3f} ({np.median(abs(each)):.3f})' for each in errors))


def _tell_film(video: str) -> None:
    pipeline = Pipeline(body=True)
    tracks: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}
    for results in pipeline.stream(video):
        for person in results:
            if person.body is not None:
                tracks.setdefault(person.id, []).append((person.body.rotations, person.joints_mm))
    print(f'\n{video}: steps of bones from frame to frame, degrees; how lengths vary')
    for number, rows in tracks.items():
        if len(rows) < 30:
            continue
        rotations, joints = (np.array(column) for column in zip(*rows, strict=True))
        steps = quat.angle_deg(rotations[1:], rotations[:-1])
        lengths = np.linalg.norm(joints[:, BONES[:, 0]] - joints[:, BONES[:, 1]], axis=-1)
        print(f'person {number}, {len(rows)} frames: largest {steps.max():.0f}, 99th percentile '
              f'{np.percentile(steps, 99):.1f}, median {np.median(steps):.1f}; joints\' bones vary by '
              f'{np.median(lengths.std(axis=0) / lengths.mean(axis=0)):.3f}')


if __name__ == '__main__':
    main()
