"""Rotations from joints, on motion capture: what was captured must come back."""

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('scipy')
sys.path.insert(0, str(Path(__file__).parent))

from captured_motion import SEGMENTS, captured

from hemlets_ros.body.bones import BONE_INDEX, JOINT_OF_BONE, REST_OFFSETS_MM
from hemlets_ros.body.from_joints import body_motion, body_rotations
from hemlets_ros.body.twist_memory import TwistMemory
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.skeleton import INDEX


@pytest.mark.parametrize('clip', ['pybullet_crawl', 'pybullet_walk', 'pybullet_punch'])
def test_what_was_captured_comes_back(clip):
    world, joints = captured(clip)
    body = body_motion(joints)
    fitted = body.joints_mm
    for bone, joint in JOINT_OF_BONE.items():
        away_mm = np.linalg.norm(fitted[:, BONE_INDEX[bone]] - joints[:, INDEX[joint]], axis=1)
        # The trunk's curve is taken over in part only.
        assert np.median(away_mm) < (20 if bone == 'spine2' else 8), bone
    np.testing.assert_allclose(body.offsets_mm, REST_OFFSETS_MM, atol=12)
    for bone in SEGMENTS:
        error_deg = quat.angle_deg(body.world_rotations[:, BONE_INDEX[bone]], world[:, BONE_INDEX[bone]])
        # A head that nods on a bent neck is told from neck and head top alone.
        assert np.median(error_deg) < (25 if bone == 'head' else 6), bone


def test_straight_limbs_do_not_spin():
    world, joints = captured('pybullet_walk')
    steps_deg = quat.angle_deg(world[1:], world[:-1]).max(axis=0)
    noisy = body_motion(joints + np.random.default_rng(0).normal(0, 5, joints.shape))
    for bone in ('l_hip', 'r_hip', 'l_shoulder', 'r_shoulder'):
        turned = noisy.world_rotations[:, BONE_INDEX[bone]]
        assert quat.angle_deg(turned[1:], turned[:-1]).max() < steps_deg[BONE_INDEX[bone]] + 12, bone


def test_a_stream_frame_by_frame_is_near_what_all_frames_give():
    joints = captured('cmu_01_01')[1][:90]
    whole = body_motion(joints)
    memory = TwistMemory()
    each = np.concatenate([body_rotations(joints[[index]], whole.offsets_mm, memory)
                           for index in range(len(joints))])
    assert np.percentile(quat.angle_deg(each, whole.rotations), 95) < 5
