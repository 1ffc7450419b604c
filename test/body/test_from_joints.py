"""Rotations from joints, on motion capture: what was captured must come back."""

import numpy as np
import pytest

pytest.importorskip('scipy')

from hemlets_ros.body import quaternions as quat
from hemlets_ros.body.bones import BONE_INDEX, JOINT_OF_BONE, PARENTS, REST_ENDS_MM, REST_OFFSETS_MM
from hemlets_ros.body.from_joints import body_motion, body_rotations
from hemlets_ros.body.kinematics import BodyMotion, local_rotations
from hemlets_ros.body.twist_memory import TwistMemory
from hemlets_ros.lab.synthetic.motion_clips import clips
from hemlets_ros.lab.synthetic.pose import SEGMENT
from hemlets_ros.skeleton import INDEX

#: Bones -> the segment of a captured pose whose rotation they have.
_SEGMENTS = {'pelvis': 'pelvis', 'spine3': 'chest', 'head': 'head'} | {
    f'{side}_{bone}': f'{side}_{segment}' for side in 'lr' for bone, segment in (
        ('shoulder', 'upperarm'), ('elbow', 'forearm'), ('hip', 'thigh'), ('knee', 'shin'))}
#: x left, -y forward, z up -> x left, y up, z forward.
_AXES = quat.about(np.array([1.0, 0.0, 0.0]), -np.pi / 2)


def captured(name):
    """A clip of the package as a body: world rotations (n, 24, 4) and joints (n, 18, 3)."""
    world = np.zeros((len(clips()[name]), 24, 4))
    turned = quat.multiply(quat.multiply(_AXES, quat.unit(clips()[name])), quat.inverse(_AXES))
    for bone, index in BONE_INDEX.items():
        segment = _SEGMENTS.get(bone)
        world[:, index] = turned[:, SEGMENT[segment]] if segment else world[:, PARENTS[index]]
    for share, bone in ((1 / 3, 'spine1'), (2 / 3, 'spine2')):
        world[:, BONE_INDEX[bone]] = quat.between(world[:, 0], world[:, BONE_INDEX['spine3']], share)
    world[:, BONE_INDEX['neck']] = quat.between(
        world[:, BONE_INDEX['spine3']], world[:, BONE_INDEX['head']], 0.5)
    for side in 'lr':
        world[:, BONE_INDEX[f'{side}_clavicle']] = world[:, BONE_INDEX['spine3']]
    body = BodyMotion(np.zeros((len(world), 3)), local_rotations(world), REST_OFFSETS_MM, REST_ENDS_MM)
    joints = np.zeros((len(world), 18, 3))
    for bone, joint in JOINT_OF_BONE.items():
        joints[:, INDEX[joint]] = body.joints_mm[:, BONE_INDEX[bone]]
    joints[:, INDEX['head_top']] = body.end_points_mm['head']
    joints[:, INDEX['nose']] = body.joints_mm[:, BONE_INDEX['head']] + quat.rotate(
        world[:, BONE_INDEX['head']], [0, 0, 70])
    joints[:, INDEX['mid_shoulder']] = (joints[:, INDEX['l_shoulder']] + joints[:, INDEX['r_shoulder']]) / 2
    return world, joints


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
    for bone in _SEGMENTS:
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
    _, joints = captured('cmu_01_01')
    whole = body_motion(joints)
    memory = TwistMemory()
    each = np.concatenate([body_rotations(joints[[index]], whole.offsets_mm, memory)
                           for index in range(len(joints))])
    assert np.percentile(quat.angle_deg(each, whole.rotations), 95) < 5
