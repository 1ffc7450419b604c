"""Posed skeletons without images, for training the lifter."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hemlets_ros.lab.synthetic.anatomy import Anatomy
from hemlets_ros.lab.synthetic.avatars import AvatarWardrobe
from hemlets_ros.lab.synthetic.body import BodyModel
from hemlets_ros.lab.synthetic.definition import ANATOMICAL, ANNY, with_joints
from hemlets_ros.lab.synthetic.joints import coco_of, joints_of
from hemlets_ros.lab.synthetic.phenotype import sample_phenotype
from hemlets_ros.lab.synthetic.pose_source import PoseSource
from hemlets_ros.lab.synthetic.rig import Rig
from hemlets_ros.skeleton import COCO_NAMES, INDEX, JOINT_COUNT

if TYPE_CHECKING:
    from hemlets_ros.lab.synthetic.generator import SynthConfig

#: 18 joints, then 17 COCO keypoints.
POINT_COUNT = JOINT_COUNT + len(COCO_NAMES)
_POSES_EACH = 20


def skeletons(config: SynthConfig, count: int, part: int) -> np.ndarray:
    """(count, POINT_COUNT, 3) float32, world metres, z up, the pelvis at the origin.

    Each part has different people.
    """
    rng = np.random.default_rng([config.seed, 4, part])
    poses = _poses(config.motions, config.held_out)
    avatars = _avatars(config.avatars, config.held_out) if config.avatars else None
    result = np.empty((count, POINT_COUNT, 3), np.float32)
    for number in range(count):
        if number % _POSES_EACH == 0:
            if avatars and number // _POSES_EACH % 2:
                rig, (_, _, anatomy), own = avatars.rig, avatars.build(rng), ANATOMICAL
            else:
                body, rig = _body()
                gender = 'female' if rng.random() < 0.5 else 'male'
                phenotype = sample_phenotype(gender, rng, config.children)[0]
                anatomy, own = Anatomy.of(body, body.shape(phenotype)), ANNY
            anatomy = with_joints(anatomy, rig, config.joints, own)
        transforms = rig.transforms(anatomy.heads, poses.draw(rng))
        joints = joints_of(rig, anatomy, transforms)
        points = np.concatenate([joints, coco_of(rig, anatomy, transforms)])
        result[number] = points - joints[INDEX['pelvis']]
    return result


@cache
def _body() -> tuple[BodyModel, Rig]:
    body = BodyModel()
    return body, Rig(body.bones, body.parents)


@cache
def _poses(motions: Path | None, held_out: bool) -> PoseSource:
    return PoseSource(motions, held_out)


@cache
def _avatars(folder: Path, held_out: bool) -> AvatarWardrobe:
    return AvatarWardrobe(folder, held_out)
