"""Posed people without pictures: what a network that lifts keypoints is trained on."""

from __future__ import annotations

from functools import cache

import numpy as np

from hemlets_ros.skeleton import COCO_NAMES, INDEX, JOINT_COUNT
from hemlets_ros.synthetic.anatomy import Anatomy
from hemlets_ros.synthetic.body import BodyModel
from hemlets_ros.synthetic.joints import coco_of, joints_of
from hemlets_ros.synthetic.phenotype import sample_phenotype
from hemlets_ros.synthetic.poses import any_pose
from hemlets_ros.synthetic.rig import Rig

#: Our joints, then COCO's keypoints.
POINT_COUNT = JOINT_COUNT + len(COCO_NAMES)
_POSES_EACH = 20


def skeletons(count: int, seed: int, part: int, held_out: bool = False) -> np.ndarray:
    """(count, POINT_COUNT, 3) float32, world metres, z up, the pelvis at the origin.

    Each part is of other people; held_out: in motions that are otherwise never used.
    """
    body, rig = _body()
    generator = np.random.default_rng([seed, 4, part])
    result = np.empty((count, POINT_COUNT, 3), np.float32)
    for number in range(count):
        if number % _POSES_EACH == 0:
            gender = 'female' if generator.random() < 0.5 else 'male'
            anatomy = Anatomy.of(body, body.shape(sample_phenotype(gender, generator)[0]))
        transforms = rig.transforms(anatomy.heads, any_pose(generator, held_out))
        joints = joints_of(rig, anatomy, transforms)
        points = np.concatenate([joints, coco_of(rig, anatomy, transforms)])
        result[number] = points - joints[INDEX['pelvis']]
    return result


@cache
def _body() -> tuple[BodyModel, Rig]:
    body = BodyModel()
    return body, Rig(body.bones, body.parents)
