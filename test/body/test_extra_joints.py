import numpy as np
import pytest

from hemlets_ros.body.bones import BONE_COUNT, BONE_INDEX, REST_OFFSETS_MM
from hemlets_ros.body.extra_joints import extra_joints_mm
from hemlets_ros.body.kinematics import rest_joints_mm
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.people import Body
from hemlets_ros.skeleton import EXTRA_INDEX, EXTRA_JOINT_NAMES

_T_POSE = np.tile(quat.IDENTITY, (BONE_COUNT, 1))
_ROOT_MM = np.array([100.0, -200.0, 3000.0])


def _body(rotations=_T_POSE, offsets_mm=REST_OFFSETS_MM, height_m=1.8, **shape):
    return Body(_ROOT_MM, rotations, offsets_mm, height_m, shape)


def _places(body):
    return dict(zip(EXTRA_JOINT_NAMES, extra_joints_mm(body) - _ROOT_MM, strict=True))


def _turned(bone, axis, degrees):
    rotations = _T_POSE.copy()
    rotations[BONE_INDEX[bone]] = quat.about(np.array(axis, float), np.radians(degrees))
    return rotations


def test_names_are_unlike_those_of_joints_and_left_comes_before_right():
    assert EXTRA_JOINT_NAMES[:4] == ('l_heel', 'r_heel', 'l_big_toe', 'r_big_toe')
    assert len(EXTRA_JOINT_NAMES) == len(EXTRA_INDEX) == 12


def test_points_are_where_they_belong_in_the_t_pose():
    places, bones = _places(_body()), rest_joints_mm()
    ankle, wrist, head = (bones[BONE_INDEX[name]] for name in ('l_ankle', 'l_wrist', 'head'))
    heel, big, small, knuckle, eye, ear = (
        places[f'l_{name}'] for name in ('heel', 'big_toe', 'small_toe', 'knuckle', 'eye', 'ear'))
    assert heel[2] < ankle[2] - 20 and -90 < heel[1] - ankle[1] < -20
    assert 220 < (big - heel)[2] < 300, 'a foot is some 26 cm long'
    assert small[0] > big[0] + 30 and 20 < (big - small)[2] < 80, 'the small toe is outside, and behind'
    assert 70 < (knuckle - wrist)[0] < 120 and abs((knuckle - wrist)[1:]).max() < 25
    assert 25 < eye[0] < 40 and eye[2] > head[2] + 50
    assert 65 < ear[0] < 100 and ear[2] < eye[2] - 50
    for name in ('heel', 'big_toe', 'small_toe', 'knuckle', 'eye', 'ear'):
        np.testing.assert_allclose(places[f'r_{name}'], places[f'l_{name}'] * [-1, 1, 1], atol=0.01)


@pytest.mark.parametrize(('bone', 'moved'), [
    ('l_ankle', {'l_heel', 'l_big_toe', 'l_small_toe'}), ('l_toe', {'l_big_toe', 'l_small_toe'}),
    ('r_wrist', {'r_knuckle'}), ('head', {'l_eye', 'r_eye', 'l_ear', 'r_ear'}),
    ('l_hand', set())])
def test_each_follows_its_bone(bone, moved):
    still, turned = _places(_body()), _places(_body(_turned(bone, (0, 1, 0), 30)))
    assert {name for name in still if np.linalg.norm(turned[name] - still[name]) > 1} == moved


def test_they_turn_with_the_whole_body():
    still, turned = (_places(_body(rotations)) for rotations in (_T_POSE, _turned('pelvis', (0, 0, 1), 90)))
    for name, place in still.items():
        np.testing.assert_allclose(turned[name], [-place[1], place[0], place[2]], atol=1e-9)


def test_half_as_large_bones_have_points_half_as_far_and_shape_is_optional():
    known, small = _places(_body()), _places(_body(offsets_mm=REST_OFFSETS_MM / 2))
    unknown = _places(_body(height_m=float('nan')))
    for name, place in known.items():
        np.testing.assert_allclose(small[name], place / 2, atol=1e-9)
        np.testing.assert_allclose(unknown[name], place, atol=10)
