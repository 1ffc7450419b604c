"""Labelled rotations of bones: they carry bones from the T-pose exactly to where the rig has them."""

import numpy as np
import pytest

from hemlets_ros.body.bones import BONE_INDEX, BONE_NAMES, PARENTS
from hemlets_ros.lab.synthetic.bone_labels import T_POSE, TO_RIG, bone_turns, rig_bones
from hemlets_ros.lab.synthetic.pose_sampler import sample_pose

#: Of the rig's five spine bones and three neck bones, the 24 are some.
_SPLIT = {'spine1', 'spine3', 'neck', 'head'}


@pytest.fixture(scope='module')
def person(avatar_folder):
    from hemlets_ros.lab.synthetic.avatars import AvatarWardrobe

    wardrobe = AvatarWardrobe(avatar_folder)
    return wardrobe.rig, wardrobe.build(np.random.default_rng(1))[2]


def test_the_t_pose_is_the_rest_pose(person):
    rig, anatomy = person
    np.testing.assert_allclose(bone_turns(rig, anatomy.heads, T_POSE), np.tile(TO_RIG, (24, 1, 1)), atol=1e-9)


@pytest.mark.parametrize('seed', range(4))
def test_turned_bones_end_where_the_rig_has_their_ends(person, seed):
    rig, anatomy = person
    pose = sample_pose(np.random.default_rng(seed))
    turns = bone_turns(rig, anatomy.heads, pose)
    at_rest, posed = (anatomy.posed_bones(rig.transforms(anatomy.heads, each))[rig_bones(rig)]
                      for each in (T_POSE, pose))
    for name, parent in zip(BONE_NAMES, PARENTS, strict=True):
        bone = BONE_INDEX[name]
        off = turns[parent] @ TO_RIG.T @ (at_rest[bone] - at_rest[parent]) - (posed[bone] - posed[parent])
        if parent >= 0 and name not in _SPLIT:
            assert np.linalg.norm(off) < 1e-3, name


def test_a_forearms_twist_is_the_wrists(person):
    from dataclasses import replace

    rig, anatomy = person
    pose = replace(sample_pose(np.random.default_rng(3)), twist_rad=(0.0, 0.0))
    other = replace(pose, twist_rad=(0.7, 0.0))
    plain, twisted = (bone_turns(rig, anatomy.heads, each) for each in (pose, other))
    np.testing.assert_allclose(twisted[BONE_INDEX['l_elbow']], plain[BONE_INDEX['l_elbow']], atol=1e-12)
    between = plain[BONE_INDEX['l_wrist']].T @ twisted[BONE_INDEX['l_wrist']]
    assert np.degrees(np.arccos((np.trace(between) - 1) / 2)) == pytest.approx(np.degrees(0.7), abs=0.1)
