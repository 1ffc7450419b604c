"""Accuracy of the extra joints (heels, toes, knuckles, eyes, ears) against anny's own points.

    python benchmarks/extra_joints.py [FILE.npz ...] [--people 200] [--motions FOLDER]

`exact`: people of random shapes (a quarter are children) in poses of motion capture, whose rotations, bone
lengths and shape are known exactly; `usual shape`: without height and phenotype. The remaining error is that
of the model: each point is fixed to one bone, and the shape has few parameters. `estimated`: synthetic
people of files by `python -m hemlets_ros.lab.bodies.frozen` (`hemlets synth --held-out`), estimated as with
`body:=true`, with the pelvis at the origin; `nearest joint`: the error of ankle, wrist or nose for
comparison. Mean errors in mm.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from hemlets_ros.body.body_fit import fitted
from hemlets_ros.body.body_lengths import body_offsets
from hemlets_ros.body.extra_joints import extra_joints_mm
from hemlets_ros.body.head import SHAPE, BodyHead
from hemlets_ros.body.kinematics import local_rotations
from hemlets_ros.body.mesh_shape import VALUES
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.lab.bodies.examples import estimated, frozen_of
from hemlets_ros.lab.bodies.extra_points import ExtraPoints
from hemlets_ros.lab.bodies.mesh_samples import MEAN_PHENOTYPE, taught_joints_mm
from hemlets_ros.lab.bodies.posed_skin import MeshPoser
from hemlets_ros.lab.synthetic.body import SKIN_VERTICES, Shape
from hemlets_ros.lab.synthetic.bone_labels import T_POSE, TO_RIG, bone_turns
from hemlets_ros.lab.synthetic.phenotype import PHENOTYPE, sample_phenotype
from hemlets_ros.lab.synthetic.pose_source import PoseSource
from hemlets_ros.people import Body
from hemlets_ros.pipeline.body_estimator import HEAD
from hemlets_ros.skeleton import EXTRA_JOINT_NAMES, INDEX, ROOT

_KINDS = tuple(dict.fromkeys(name[2:] for name in EXTRA_JOINT_NAMES))
_BESIDE = {'heel': 'ankle', 'big_toe': 'ankle', 'small_toe': 'ankle', 'knuckle': 'wrist'}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('files', nargs='*', metavar='FILE')
    parser.add_argument('--people', type=int, default=200)
    parser.add_argument('--motions', default='', help='a motion library; else the shipped clips')
    options = parser.parse_args()
    poser = MeshPoser()
    points = ExtraPoints(poser.model, poser.rig, poser.model.shape(MEAN_PHENOTYPE))
    print(f'| | {" | ".join(_KINDS)} |\n|---|{"---|" * len(_KINDS)}')
    for name, rows in _exact(poser, points, options.people, options.motions).items():
        _tell(name, rows)
    for file in options.files:
        for name, rows in _estimated(poser, points, file).items():
            _tell(f'{file}, {name}', rows)
    body = Body(np.zeros(3), np.tile(quat.IDENTITY, (24, 1)), body_offsets(_t_pose(poser))[0], 1.8, {})
    times = []
    for _ in range(200):
        start_s = time.perf_counter()
        extra_joints_mm(body)
        times.append(time.perf_counter() - start_s)
    print(f'{1000 * np.median(times):.2f} ms a person')


def _tell(name: str, rows: list[np.ndarray]) -> None:
    """Prints mean distances; rows: (12,) distances of each person."""
    mean = np.nanmean(rows, axis=0)
    values = [np.mean([mean[EXTRA_JOINT_NAMES.index(f'{side}_{kind}')] for side in 'lr']) for kind in _KINDS]
    print(f'| {name}, {len(rows)} people | {" | ".join(f"{value:.0f}" for value in values)} |', flush=True)


def _t_pose(poser: MeshPoser) -> np.ndarray:
    return taught_joints_mm(poser, poser.model.shape(MEAN_PHENOTYPE), T_POSE)[None]


def _exact(poser: MeshPoser, points: ExtraPoints, count: int, motions: str) -> dict[str, list[np.ndarray]]:
    poses, rng = PoseSource(motions or None), np.random.default_rng(8)
    rows: dict[str, list[np.ndarray]] = {'exact': [], 'usual shape': []}
    for _ in range(count):
        phenotype = sample_phenotype('female' if rng.random() < 0.5 else 'male', rng, 0.25)[0]
        shape, pose = poser.model.shape(phenotype), poses.draw(rng)
        true = 1000 * points.posed_m(shape, poser.rig.transforms(shape.heads, pose)) @ TO_RIG
        joints = taught_joints_mm(poser, shape, pose)
        turns = TO_RIG.T @ bone_turns(poser.rig, shape.heads, pose)
        lengths, _ = body_offsets(taught_joints_mm(poser, shape, T_POSE)[None])
        exact = local_rotations(quat.from_matrix(turns)[None])[0]
        root, rotations = fitted(joints, np.ones(len(joints)), exact, lengths)
        height_m = float(np.ptp(shape.vertices[:SKIN_VERTICES, 2]))
        known = Body(root, rotations, lengths, height_m, {name: phenotype[name] for name in VALUES[1:]})
        usual = Body(root, rotations, lengths, float('nan'), {})
        for name, body in (('exact', known), ('usual shape', usual)):
            rows[name].append(np.linalg.norm(extra_joints_mm(body) - true, axis=1))
    return rows


def _estimated(poser: MeshPoser, points: ExtraPoints, file: str) -> dict[str, list[np.ndarray]]:
    head = BodyHead(HEAD)
    people = frozen_of(dict(np.load(file)), head.features)
    turns, shapes = estimated(head, people)
    rotations = local_rotations(turns)
    rows: dict[str, list[np.ndarray]] = {'estimated': [], 'nearest joint': []}
    hips = _hips(poser)
    for number in np.flatnonzero(np.isfinite(people.phenotype[:, 0])):
        shape = poser.model.shape(dict(zip(PHENOTYPE, people.phenotype[number].tolist(), strict=True)))
        skin, starts = poser.posed_m(shape, people.turns[number])
        truth, joints = people.truth_mm[number], people.joints_mm[number]
        pelvis = starts[hips].mean(axis=0) + quat.rotate(
            people.turns[number, 0], _pelvis_from_hips_m(poser, shape))
        true = 1000 * (points.of(skin, starts) - pelvis)
        size = float(np.exp(shapes[number, 0]))
        lengths, _ = body_offsets(size * joints[None])
        root, turned = fitted(size * joints, people.confidence[number], rotations[number], lengths)
        told = dict(zip(SHAPE, shapes[number].tolist(), strict=True))
        body = Body(root, turned, lengths, told['height_m'], {name: told[name] for name in VALUES[1:]})
        found = extra_joints_mm(body) - size * joints[ROOT]
        rows['estimated'].append(np.linalg.norm(found - true, axis=1))
        beside = np.linalg.norm(size * (joints - joints[ROOT]) - (truth - truth[ROOT]), axis=1)
        rows['nearest joint'].append(beside[[
            INDEX['nose'] if name[2:] not in _BESIDE else INDEX[f'{name[:2]}{_BESIDE[name[2:]]}']
            for name in EXTRA_JOINT_NAMES]])
    return rows


def _hips(poser: MeshPoser) -> list[int]:
    return [poser.rig.index[f'upperleg01.{side}'] for side in 'LR']


def _pelvis_from_hips_m(poser: MeshPoser, shape: Shape) -> np.ndarray:
    """Offset (3,) from the middle of anny's hips to the training data's pelvis joint, in the rest pose."""
    transforms = poser.rig.transforms(shape.heads, T_POSE)[_hips(poser)]
    hips = np.einsum('bij,bj->bi', transforms[:, :, :3], shape.heads[_hips(poser)]) + transforms[:, :, 3]
    result: np.ndarray = taught_joints_mm(poser, shape, T_POSE)[ROOT] / 1000 - hips.mean(axis=0) @ TO_RIG
    return result


if __name__ == '__main__':
    main()
