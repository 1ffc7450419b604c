import numpy as np

from hemlets_ros.lab.synthetic.on_hands import sample_on_hands
from hemlets_ros.lab.synthetic.pose import SEGMENT
from hemlets_ros.lab.synthetic.reach import limb_points

POSES = [sample_on_hands(np.random.default_rng(seed)) for seed in range(60)]


def test_hands_are_as_low_as_knees_or_feet():
    near = []
    for pose in POSES:
        at = limb_points(pose.rotations)
        ground = min(at[f'{side}_{joint}'][2] for side in 'lr' for joint in ('knee', 'ankle'))
        near += [abs(at[f'{side}_hand'][2] - ground) < 0.12 for side in 'lr']
    assert np.mean(near) > 0.75


def test_trunks_are_nearer_to_level_than_to_upright():
    level = [abs(pose.rotations[SEGMENT['chest'], 2, 2]) < 0.7 for pose in POSES]
    faces_down = [(pose.rotations[SEGMENT['chest']] @ [0, -1.0, 0])[2] < 0 for pose in POSES]
    assert np.mean(level) > 0.85
    assert np.mean(faces_down) > 0.95


def test_poses_are_rotations_of_all_kinds():
    for pose in POSES:
        np.testing.assert_allclose(np.linalg.det(pose.rotations), 1)
    assert {pose.action for pose in POSES} == {
        'sampled_crawling', 'sampled_on_hands_and_feet', 'sampled_push_up'}
