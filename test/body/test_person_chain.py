from pathlib import Path

import numpy as np
import pytest

from hemlets_ros.body.person_chain import PersonChain
from hemlets_ros.body.urdf_tree import UrdfTree

_JOINTS_MM = np.load(Path(__file__).parents[1] / 'data' / 'evaluation_golden.npz')['gt_cam'][3]


def _knee_m(chain):
    return {joint.name: joint for joint in UrdfTree(chain.urdf).joints}['l_knee_z_x'].origin.xyz_m[2]


def test_the_urdf_follows_the_track_but_not_each_image():
    chain = PersonChain('x')
    generator = np.random.default_rng(0)
    assert chain.update(_JOINTS_MM)[1]
    renewed = [chain.update(_JOINTS_MM + generator.normal(0, 8, (18, 3)))[1] for _ in range(58)]
    assert not any(renewed)
    thigh_m = -_knee_m(chain)
    # The first images were wrong: the person is taller.
    renewed = [chain.update(_JOINTS_MM * 1.2)[1] for _ in range(181)]
    assert np.flatnonzero(renewed).tolist() == [60, 180], 'with images 120 and 240, not before'
    assert -_knee_m(chain) / thigh_m == pytest.approx(1 + 0.2 * 181 / 240, abs=0.01)


def test_joint_states_hold_the_skeleton_whatever_urdf_there_is():
    chain = PersonChain('x')
    chain.update(_JOINTS_MM)
    pose, renewed = chain.update(_JOINTS_MM * 1.01)
    assert not renewed
    wrist = np.array(UrdfTree(chain.urdf).links(chain.positions(pose))['r_wrist_x'].xyz_m) * 1000
    np.testing.assert_allclose(pose.rotation @ wrist + pose.origin_mm, _JOINTS_MM[16] * 1.01, atol=0.01)
