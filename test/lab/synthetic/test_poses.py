import numpy as np

from hemlets_ros.lab.synthetic.pose import SEGMENT
from hemlets_ros.lab.synthetic.poses import any_pose, mixed_pose


def test_all_kinds_of_poses_facing_all_ways():
    rng = np.random.default_rng(1)
    poses = [any_pose(rng) for _ in range(120)]
    kinds = {pose.action.partition('_')[0] for pose in poses}
    assert {'sampled', 'mixed', 'pybullet'} <= kinds
    fronts = np.array([pose.rotations[SEGMENT['pelvis']] @ [0, -1.0, 0] for pose in poses])[:, :2]
    angles = np.arctan2(*fronts.T)
    assert np.histogram(angles, bins=4, range=(-np.pi, np.pi))[0].min() > 12
    for pose in poses:
        np.testing.assert_allclose(pose.rotations @ pose.rotations.swapaxes(1, 2),
                                   np.tile(np.eye(3), (13, 1, 1)), atol=1e-9)


def test_mixed_poses_are_mostly_new_and_stand():
    rng = np.random.default_rng(2)
    poses = [mixed_pose(rng) for _ in range(40)]
    legs, arms = (np.array([pose.rotations[SEGMENT[name]] for pose in poses])
                  for name in ('l_shin', 'l_forearm'))
    assert np.ptp(legs[:, 2, 2]) > 0.5
    assert np.ptp(arms[:, 2, 0]) > 0.5
