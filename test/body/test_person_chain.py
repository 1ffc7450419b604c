from pathlib import Path

import numpy as np

from hemlets_ros.body.person_chain import PersonChain
from hemlets_ros.body.urdf_tree import UrdfTree

_JOINTS_MM = np.load(Path(__file__).parents[1] / 'data' / 'evaluation_golden.npz')['gt_cam'][3]


def _knee_m(chain):
    return {joint.name: joint for joint in UrdfTree(chain.urdf).joints}['l_knee_z_x'].origin.xyz_m[2]


def test_the_urdf_follows_the_track_but_not_each_image():
    chain = PersonChain('x')
    generator = np.random.default_rng(0)
    renewed = [chain.update(_JOINTS_MM * (0.8 if image == 0 else 1) + generator.normal(0, 8, (18, 3)))[1]
               for image in range(64)]
    assert np.flatnonzero(renewed).tolist() == [0, 1, 3, 15], 'the first image was a bad one'
    thigh_m = -_knee_m(chain)
    # The person is taller than it seemed.
    renewed = [chain.update(_JOINTS_MM * 1.2)[1] for _ in range(192)]
    assert np.flatnonzero(renewed).tolist() == [63, 191], 'with images 128 and 256, not before'
    assert -_knee_m(chain) / thigh_m > 1.13


def test_joint_states_hold_the_skeleton_whatever_urdf_there_is():
    chain = PersonChain('x')
    chain.update(_JOINTS_MM)
    pose, renewed = chain.update(_JOINTS_MM * 1.01)
    assert not renewed
    wrist = np.array(UrdfTree(chain.urdf).links(chain.positions(pose))['r_wrist_x'].xyz_m) * 1000
    np.testing.assert_allclose(pose.rotation @ wrist + pose.origin_mm, _JOINTS_MM[16] * 1.01, atol=0.01)
