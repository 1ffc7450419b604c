"""Motion capture of the package as a body in our 24 bones, and its 18 joints; needs scipy."""

import numpy as np

from hemlets_ros.body.bones import BONE_INDEX, JOINT_OF_BONE, PARENTS, REST_ENDS_MM, REST_OFFSETS_MM
from hemlets_ros.body.kinematics import BodyMotion, local_rotations
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.lab.synthetic.motion_clips import clips
from hemlets_ros.lab.synthetic.pose import SEGMENT
from hemlets_ros.skeleton import INDEX

#: Bones -> the segment of a captured pose whose rotation they have.
SEGMENTS = {'pelvis': 'pelvis', 'spine3': 'chest', 'head': 'head'} | {
    f'{side}_{bone}': f'{side}_{segment}' for side in 'lr' for bone, segment in (
        ('shoulder', 'upperarm'), ('elbow', 'forearm'), ('hip', 'thigh'), ('knee', 'shin'))}
#: x left, -y forward, z up -> x left, y up, z forward.
_AXES = quat.about(np.array([1.0, 0.0, 0.0]), -np.pi / 2)


def captured(name):
    """A clip of the package as a body: world rotations (n, 24, 4) and joints (n, 18, 3)."""
    world = np.zeros((len(clips()[name]), 24, 4))
    turned = quat.multiply(quat.multiply(_AXES, quat.unit(clips()[name])), quat.inverse(_AXES))
    for bone, index in BONE_INDEX.items():
        segment = SEGMENTS.get(bone)
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
