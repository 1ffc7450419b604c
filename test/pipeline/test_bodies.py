"""Bodies in the pipeline: rotations that carry bones to the joints, sizes, and nothing where nobody asked."""

import numpy as np
import pytest

from hemlets_ros import Pipeline
from hemlets_ros.body.body_fit import body_joints_mm
from hemlets_ros.body.bones import BONE_COUNT, BONE_INDEX
from hemlets_ros.body.kinematics import world_rotations
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.skeleton import EXTRA_JOINT_NAMES, INDEX, PRIOR_HEIGHT_M


@pytest.fixture(scope='module')
def frames(clip_images):
    pipeline = Pipeline(device='cpu', body=True)
    return [pipeline(image, stamp_s=number / 30) for number, image in enumerate(clip_images[:3])]


def test_nobody_has_a_body_unless_asked(clip_images):
    assert {person.body for person in Pipeline(device='cpu')(clip_images[0])} == {None}


def test_bones_end_at_the_joints(frames):
    for results in frames:
        assert len(results) == 2
        for person in results:
            body = person.body
            assert body.rotations.shape == (BONE_COUNT, 4)
            np.testing.assert_allclose(np.linalg.norm(body.rotations, axis=1), 1, atol=1e-9)
            joints_mm = body_joints_mm(body.root_mm, body.rotations, body.offsets_mm)
            off = np.linalg.norm(joints_mm - person.joints_mm, axis=1)
            # An arm across the body is foreshortened here: joints and usual rotations disagree.
            assert off.mean() < 45, off.round()
            assert np.median(off) < 35, off.round()


def test_people_of_the_clip_stand_upright_with_their_feet_down(frames):
    for person in frames[-1]:
        turned = world_rotations(person.body.rotations[None])[0]
        up = quat.rotate(turned[BONE_INDEX['spine3']], np.array([0.0, 1.0, 0.0]))
        assert up @ [0, -1, 0] > 0.9  # the camera's y points down
        shins = quat.rotate(turned[[BONE_INDEX['l_knee'], BONE_INDEX['r_knee']]], np.array([0.0, -1.0, 0.0]))
        assert (shins @ [0, 1, 0] > 0.7).all()
        assert 1.5 < person.body.height_m < 2.0
        assert set(person.body.shape) == {'age', 'gender', 'weight', 'muscle', 'proportions'}


def test_sizes_set_distances_unless_a_height_is_given(clip_images):
    def first(**settings):
        return Pipeline(device='cpu', tracking=False, **settings)(clip_images[0])[0]

    usual, own, given = first(), first(body=True), first(body=True, person_height_m=1.7)
    ratio = np.linalg.norm(own.joints_mm[0]) / np.linalg.norm(usual.joints_mm[0])
    assert 0.8 < ratio < 1.15 and ratio != 1
    np.testing.assert_allclose(given.joints_mm[INDEX['pelvis']],
                               usual.joints_mm[INDEX['pelvis']] * 1.7 / PRIOR_HEIGHT_M, rtol=1e-6)


def test_extra_joints_of_people_who_walk_upright(frames):
    for person in frames[-1]:
        places = dict(zip(EXTRA_JOINT_NAMES, person.body.extra_joints_mm, strict=True))
        for side in 'lr':
            ankle, wrist = (person.joints_mm[INDEX[f'{side}_{name}']] for name in ('ankle', 'wrist'))
            assert 40 < np.linalg.norm(places[f'{side}_heel'] - ankle) < 140
            assert 150 < np.linalg.norm(places[f'{side}_big_toe'] - places[f'{side}_heel']) < 320
            assert 50 < np.linalg.norm(places[f'{side}_knuckle'] - wrist) < 200
            assert places[f'{side}_eye'][1] < person.joints_mm[INDEX['neck'], 1], 'above the neck'
