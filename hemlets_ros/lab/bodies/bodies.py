"""Bodies of many shapes as tables: joints and bones in the T-pose, height and phenotype.

Forward kinematics computes the joints of any pose from these tables, thousands per second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hemlets_ros.body.body_mesh import CARRIERS, OF_JOINTS
from hemlets_ros.body.bones import BONE_COUNT, BONE_INDEX, PARENTS
from hemlets_ros.lab.synthetic.anatomy import Anatomy
from hemlets_ros.lab.synthetic.body import SKIN_VERTICES, BodyModel
from hemlets_ros.lab.synthetic.bone_labels import T_POSE, TO_RIG, rig_bones
from hemlets_ros.lab.synthetic.definition import ANATOMICAL, ANNY, with_joints
from hemlets_ros.lab.synthetic.joints import coco_of, joints_of
from hemlets_ros.lab.synthetic.phenotype import PHENOTYPE, sample_phenotype
from hemlets_ros.lab.synthetic.rig import Rig
from hemlets_ros.skeleton import COCO_NAMES, JOINT_NAMES

_OF_COCO: Final = np.array([BONE_INDEX[CARRIERS.get(name, 'head')] for name in COCO_NAMES])


@dataclass(frozen=True)
class Bodies:
    """N bodies, mm, in the axes of bones.py."""

    offsets: np.ndarray  # (N, 24, 3) starts of the bones relative to the parent's start
    joints: np.ndarray  # (N, 18, 3) joints relative to the start of the bone that carries them
    coco: np.ndarray  # (N, 17, 3) COCO keypoints, likewise
    height_mm: np.ndarray  # (N,)
    phenotype: np.ndarray  # (N, 11)

    def posed(self, which: np.ndarray, turns: np.ndarray) -> np.ndarray:
        """Joints (n, 18, 3), then keypoints (n, 17, 3), mm, with the pelvis at the origin.

        which: (n,) indices of bodies; turns: (n, 24, 3, 3) rotations from the rest pose to any axes.
        """
        starts = np.zeros((len(which), BONE_COUNT, 3))
        for bone, parent in enumerate(PARENTS):
            if parent >= 0:
                starts[:, bone] = starts[:, parent] + np.einsum(
                    'nij,nj->ni', turns[:, parent], self.offsets[which, bone])
        carriers = np.concatenate([OF_JOINTS, _OF_COCO])
        at = np.concatenate([self.joints[which], self.coco[which]], axis=1)
        joints = starts[:, carriers] + np.einsum('njab,njb->nja', turns[:, carriers], at)
        middle = JOINT_NAMES.index('mid_shoulder')
        shoulders = [JOINT_NAMES.index(f'{side}_shoulder') for side in 'lr']
        joints[:, middle] = joints[:, shoulders].mean(axis=1)
        result: np.ndarray = joints - joints[:, :1]
        return result


def sample_bodies(count: int, seed: int, children: float) -> Bodies:
    """Bodies with the shape distribution of the generator."""
    model = BodyModel()
    rig = Rig(model.bones, model.parents)
    rng = np.random.default_rng([seed, 9])
    rows = []
    for _ in range(count):
        phenotype = sample_phenotype('female' if rng.random() < 0.5 else 'male', rng, children)[0]
        shape = model.shape(phenotype)
        anatomy = with_joints(Anatomy.of(model, shape), rig, ANATOMICAL, ANNY)
        transforms = rig.transforms(anatomy.heads, T_POSE)
        starts = 1000 * anatomy.posed_bones(transforms)[rig_bones(rig)] @ TO_RIG
        joints = 1000 * joints_of(rig, anatomy, transforms) @ TO_RIG
        offsets = starts - starts[np.maximum(PARENTS, 0)]
        coco = 1000 * coco_of(rig, anatomy, transforms) @ TO_RIG
        height_mm = 1000 * np.ptp(shape.vertices[:SKIN_VERTICES, 2])
        rows.append((offsets, joints - starts[OF_JOINTS], coco - starts[_OF_COCO], height_mm,
                     [phenotype[name] for name in PHENOTYPE]))
    return Bodies(*(np.array(column) for column in zip(*rows, strict=True)))
