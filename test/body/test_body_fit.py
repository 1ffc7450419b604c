"""A body fitted to joints: it meets them, keeps given twists, and does not bend as nobody can."""

import numpy as np
import pytest

from hemlets_ros.body.body_fit import body_joints_mm, fitted
from hemlets_ros.body.bones import BONE_COUNT, BONE_INDEX, REST_OFFSETS_MM
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.skeleton import INDEX

REST = np.tile(quat.IDENTITY, (BONE_COUNT, 1))
SURE = np.ones(18)


def turned(rotations=REST, **degrees):
    """Local rotations with some bones turned about axes: name=(axis, degrees)."""
    result = rotations.copy()
    for name, (axis, angle) in degrees.items():
        result[BONE_INDEX[name]] = quat.about(np.array(axis, float), np.radians(angle))
    return result


SITTING = turned(l_hip=((1, 0, 0), -80), r_hip=((1, 0, 0), -75), l_knee=((1, 0, 0), 85),
                 r_knee=((1, 0, 0), 70), l_elbow=((0, 1, 0), -60), pelvis=((0, 1, 0), 40))


def test_the_rest_pose_has_joints_where_bones_start():
    joints = body_joints_mm(np.array([10.0, 20, 3000]), REST, REST_OFFSETS_MM)
    assert joints[INDEX['pelvis']].tolist() == [10, 20, 3000]
    np.testing.assert_allclose(joints[INDEX['l_wrist']] - joints[INDEX['l_elbow']],
                               REST_OFFSETS_MM[BONE_INDEX['l_wrist']], atol=1e-9)
    shoulders = joints[[INDEX['l_shoulder'], INDEX['r_shoulder']]]
    np.testing.assert_allclose(joints[INDEX['mid_shoulder']], shoulders.mean(axis=0))
    assert joints[INDEX['nose'], 2] > joints[INDEX['head_top'], 2] + 30


def test_joints_are_met_from_rotations_that_are_off():
    joints = body_joints_mm(np.zeros(3), SITTING, REST_OFFSETS_MM)
    rng = np.random.default_rng(1)
    axes, angles = rng.normal(size=(BONE_COUNT, 3)), np.radians(rng.normal(0, 8, BONE_COUNT))
    off = quat.multiply(SITTING, quat.about(axes, angles))
    before = body_joints_mm(np.zeros(3), off, REST_OFFSETS_MM)
    root, after = fitted(joints, SURE, off, REST_OFFSETS_MM)
    missed = np.linalg.norm(body_joints_mm(root, after, REST_OFFSETS_MM) - joints, axis=1)
    assert np.linalg.norm(before - joints, axis=1).mean() > 45
    assert missed.mean() < 12
    np.testing.assert_allclose(np.linalg.norm(after, axis=1), 1, atol=1e-9)


def test_twists_that_joints_do_not_tell_stay():
    twisted = turned(SITTING, l_wrist=((1, 0, 0), 50), r_ankle=((0, 1, 0), 25))
    joints = body_joints_mm(np.zeros(3), SITTING, REST_OFFSETS_MM)
    _, after = fitted(joints, SURE, twisted, REST_OFFSETS_MM)
    for bone in ('l_wrist', 'r_ankle'):
        assert quat.angle_deg(after[BONE_INDEX[bone]], twisted[BONE_INDEX[bone]]) < 0.5


@pytest.mark.parametrize('side', 'lr')
def test_a_knee_bent_forwards_is_straightened(side):
    wrong = turned(**{f'{side}_knee': ((1, 0, 0), -50)})
    joints = body_joints_mm(np.zeros(3), wrong, REST_OFFSETS_MM)
    _, after = fitted(joints, SURE, wrong, REST_OFFSETS_MM)
    assert quat.angle_deg(after[BONE_INDEX[f'{side}_knee']], quat.IDENTITY) < 25


def test_unsure_joints_count_less():
    joints = body_joints_mm(np.zeros(3), REST, REST_OFFSETS_MM)
    seen = joints.copy()
    seen[INDEX['l_wrist']] += [0, 0, 200]
    unsure = SURE.copy()
    unsure[INDEX['l_wrist']] = 0.05
    moved = [np.linalg.norm(body_joints_mm(*fitted(seen, trust, REST, REST_OFFSETS_MM), REST_OFFSETS_MM)
                            - joints, axis=1)[INDEX['l_wrist']] for trust in (SURE, unsure)]
    assert moved[0] > 120 > 60 > moved[1]
