import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemlets_ros.lab.evaluation.consistency import (
    accelerations_m_s2,
    agreement,
    bone_variation,
    seen_by_detector,
    swapped,
    tilt_deg,
)
from hemlets_ros.skeleton import COCO_NAMES, INDEX, JOINT_NAMES, LIMB_JOINTS, MIRROR, PRIOR_BONES

_LIMBS = ('shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle')


@pytest.fixture
def keypoints():
    """Two people, every keypoint certain; their torsos are 100 and 50 px long."""
    points = np.zeros((2, 17, 2))
    for index, name in enumerate(COCO_NAMES):
        left = {'l': 20, 'r': -20}.get(name[0], 0)
        down = {'shoulder': 0, 'elbow': 40, 'wrist': 80, 'hip': 100, 'knee': 150, 'ankle': 200}
        points[:, index] = 300 + left, 100 + down.get(name[2:], -30)
    points[1] /= 2
    return points, np.ones((2, 17))


def test_limbs_are_coco_s_by_name():
    assert sorted(JOINT_NAMES[joint] for joint in LIMB_JOINTS) == sorted(
        f'{side}_{limb}' for side in 'lr' for limb in _LIMBS)


def test_what_the_detector_says_agrees_with_itself(keypoints):
    seen_px, known = seen_by_detector(*keypoints)
    assert seen_px[0, INDEX['l_wrist']].tolist() == [320, 180]
    assert seen_px[0, INDEX['pelvis']].tolist() == [300, 200]
    assert known[:, INDEX['pelvis']].all() and not known[:, INDEX['spine']].any()
    assert agreement(seen_px, seen_px, known) == {JOINT_NAMES[joint]: 1.0 for joint in LIMB_JOINTS}
    assert swapped(seen_px, seen_px, known).tolist() == [False, False]


def test_agreement_counts_joints_within_a_fifth_of_the_torso(keypoints):
    seen_px, known = seen_by_detector(*keypoints)
    joints_px = seen_px.copy()
    joints_px[:, INDEX['l_knee'], 0] += 15  # within 20 px of the first, beyond 10 px of the second
    joints_px[:, INDEX['r_wrist'], 1] += 25
    shares = agreement(joints_px, seen_px, known)
    assert (shares['l_knee'], shares['r_wrist'], shares['r_knee']) == (0.5, 0.0, 1.0)


def test_uncertain_keypoints_do_not_count(keypoints):
    points, scores = keypoints
    scores[0, COCO_NAMES.index('l_knee')] = 0.49
    scores[1, COCO_NAMES.index('r_hip')] = 0.1  # so the second torso has no length
    scores[:, COCO_NAMES.index('l_wrist')] = 0
    seen_px, known = seen_by_detector(points, scores)
    joints_px = seen_px + 1000.0
    joints_px[0] = seen_px[0]
    shares = agreement(joints_px, seen_px, known)
    assert set(shares) == {JOINT_NAMES[joint] for joint in LIMB_JOINTS} - {'l_knee', 'l_wrist'}
    assert set(shares.values()) == {1.0}
    assert swapped(joints_px, seen_px, known).tolist() == [False], 'only of the first all four are known'


def test_swapped_people_are_found(keypoints):
    seen_px, known = seen_by_detector(*keypoints)
    joints_px = seen_px.copy()
    joints_px[1] = joints_px[1, MIRROR]
    assert swapped(joints_px + 3, seen_px, known).tolist() == [False, True]


def test_people_seen_from_the_side_are_not_judged(keypoints):
    seen_px, known = seen_by_detector(*keypoints)
    neck = seen_px[:, [INDEX['mid_shoulder']]]
    for apart, judged in ((0.19, 0), (0.21, 2)):
        torso_px = np.linalg.norm(seen_px[:, 0] - neck[:, 0], axis=-1)
        for name, sign in (('l_shoulder', 1), ('r_shoulder', -1)):
            seen_px[:, INDEX[name]] = neck[:, 0] + sign * apart / 2 * torso_px[:, None] * [1, 0]
        assert len(swapped(seen_px, seen_px, known)) == judged


def test_nobody():
    seen_px, known = seen_by_detector(np.zeros((0, 17, 2)), np.zeros((0, 17)))
    assert agreement(np.zeros((0, 18, 2)), seen_px, known) == {}
    assert swapped(np.zeros((0, 18, 2)), seen_px, known).tolist() == []


def test_bones_that_change():
    pose = np.random.default_rng(0).normal(size=(18, 3)) * 300
    poses = np.stack([pose] * 4)
    np.testing.assert_allclose(bone_variation(poses), 0, atol=1e-12)
    shin = (np.array([INDEX['l_ankle'], INDEX['l_knee']]) == PRIOR_BONES).all(1)
    for frame, length_mm in enumerate((300, 300, 500, 500)):  # mean 400, deviation 100
        poses[frame, INDEX['l_ankle']] = poses[frame, INDEX['l_knee']] + [0, length_mm, 0]
    assert bone_variation(poses)[shin] == pytest.approx(0.25)
    np.testing.assert_allclose(bone_variation(poses)[~shin], 0, atol=1e-12)
    np.testing.assert_allclose(bone_variation(poses * 3), bone_variation(poses), atol=1e-12)


@given(st.floats(-20, 20), st.lists(st.floats(0.01, 0.2), min_size=3, max_size=6))
def test_a_fall_has_its_acceleration_at_any_rate(acceleration_m_s2, steps_s):
    stamps_s = np.cumsum(steps_s)
    joints_mm = np.zeros((len(stamps_s), 18, 3))
    joints_mm[:, :, 1] = 1000 * (acceleration_m_s2 * stamps_s ** 2 / 2 + 3 * stamps_s)[:, None]
    found = accelerations_m_s2(joints_mm, stamps_s, np.arange(len(stamps_s)))
    assert len(found) == len(stamps_s) - 2
    np.testing.assert_allclose(found, abs(acceleration_m_s2), atol=1e-6)


def test_gaps_have_no_acceleration():
    joints_mm = np.zeros((5, 18, 3))
    joints_mm[:, :, 0] = np.array([0, 0, 10, 500, 500])[:, None]
    frames = np.array([0, 1, 2, 7, 8])
    # 10 mm in 0.1 s from rest: 1 m/s^2.
    assert accelerations_m_s2(joints_mm, frames * 0.1, frames) == pytest.approx([1.0])
    assert len(accelerations_m_s2(joints_mm[:2], frames[:2] * 0.1, frames[:2])) == 0


@pytest.mark.parametrize(('neck', 'angle'), [((0, -500, 0), 0), ((0, 500, 0), 180), ((300, 0, 0), 90),
                                             ((0, -300, 300), 45), ((0, -300, -300), 45)])
def test_tilt(neck, angle):
    joints_mm = np.full((1, 18, 3), 77.0)
    joints_mm[0, INDEX['neck']] = joints_mm[0, INDEX['pelvis']] + neck
    assert tilt_deg(joints_mm) == pytest.approx([angle], abs=1e-6)
