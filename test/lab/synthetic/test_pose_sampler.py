import numpy as np
import pytest

from hemlets_ros.lab.synthetic.pose import SEGMENT, mirror
from hemlets_ros.lab.synthetic.pose_sampler import LIMITS_DEG, sample_angles, sample_pose, segments_of
from hemlets_ros.lab.synthetic.reach import collision_m

KINDS = ('standing', 'walking', 'sitting', 'crouching', 'kneeling', 'bending', 'lying', 'sports')
DOWN = np.array([0, 0, -1.0])


def angle_deg(first, second):
    return np.degrees(np.arccos(np.clip(first @ second, -1, 1)))


@pytest.mark.parametrize('kind', KINDS)
def test_angles_keep_to_the_limits(kind):
    rng = np.random.default_rng(2)
    for _ in range(60):
        for name, value in sample_angles(kind, rng).items():
            low, high = LIMITS_DEG[name.removeprefix('l_').removeprefix('r_')]
            assert low <= value <= high, (name, value)


def test_hinges_of_sampled_poses_do_not_break():
    rng = np.random.default_rng(3)
    for _ in range(150):
        rotations = sample_pose(rng).rotations
        for side in 'lr':
            thigh, shin = rotations[SEGMENT[f'{side}_thigh']], rotations[SEGMENT[f'{side}_shin']]
            assert angle_deg(thigh @ DOWN, shin @ DOWN) <= LIMITS_DEG['knee'][1] + 1e-6
            # Shins bend backwards: never to where the thigh's front is.
            assert (thigh @ [0, -1, 0]) @ (shin @ DOWN) < 1e-9
            np.testing.assert_allclose(thigh @ [1, 0, 0], shin @ [1, 0, 0], atol=1e-9)


def test_angles_mean_what_they_say():
    angles = dict.fromkeys((f'{side}{name}' for name in LIMITS_DEG for side in ('', 'l_', 'r_')), 0.0)
    arm = SEGMENT['l_forearm']
    np.testing.assert_allclose(segments_of(angles)[arm] @ [1, 0, 0], DOWN, atol=1e-12)  # hangs
    np.testing.assert_allclose(segments_of(angles | {'l_elbow': 90})[arm] @ [1, 0, 0], [0, -1, 0], atol=1e-12)
    np.testing.assert_allclose(segments_of(angles | {'l_shoulder_side': 90})[arm], np.eye(3), atol=1e-12)
    thigh = segments_of(angles | {'r_hip_bend': 90})[SEGMENT['r_thigh']]
    np.testing.assert_allclose(thigh @ DOWN, [0, -1, 0], atol=1e-12)
    np.testing.assert_allclose(segments_of(angles | {'trunk_bend': 90})[SEGMENT['chest']] @ -DOWN, [0, -1, 0],
                               atol=1e-12)


def test_the_mirror_image_of_a_mirror_image():
    rotations = sample_pose(np.random.default_rng(4)).rotations
    np.testing.assert_allclose(mirror(mirror(rotations)), rotations)
    np.testing.assert_allclose(mirror(rotations)[SEGMENT['l_thigh']] @ DOWN,
                               rotations[SEGMENT['r_thigh']] @ DOWN * [-1, 1, 1])


def test_an_arm_through_the_chest_is_noticed():
    t_pose = np.tile(np.eye(3), (13, 1, 1))
    assert collision_m(t_pose) < 0
    angles = dict.fromkeys((f'{side}{name}' for name in LIMITS_DEG for side in ('', 'l_', 'r_')), 0.0)
    through = segments_of(angles | {'l_elbow': 100, 'l_shoulder_twist': -80, 'r_shoulder_side': 40,
                                    'l_shoulder_side': -10})
    assert collision_m(through) > 0.02


def test_most_poses_are_free_of_collisions():
    rng = np.random.default_rng(5)
    overlaps = np.array([collision_m(sample_pose(rng).rotations) for _ in range(200)])
    assert (overlaps < 0.03).mean() > 0.9
