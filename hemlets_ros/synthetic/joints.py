"""The 18 joints of a posed character, where a human annotator of Human3.6M would put them."""

from __future__ import annotations

import numpy as np

from hemlets_ros.skeleton import INDEX, JOINT_COUNT
from hemlets_ros.synthetic.character import Character
from hemlets_ros.synthetic.rig import Rig

_BONES = {'r_hip': 'upperleg01.R', 'r_knee': 'lowerleg01.R', 'r_ankle': 'foot.R', 'l_hip': 'upperleg01.L',
          'l_knee': 'lowerleg01.L', 'l_ankle': 'foot.L', 'l_shoulder': 'upperarm01.L',
          'l_elbow': 'lowerarm01.L', 'l_wrist': 'wrist.L', 'r_shoulder': 'upperarm01.R',
          'r_elbow': 'lowerarm01.R', 'r_wrist': 'wrist.R'}
#: Between two of anny's vertebrae: 230 mm above an average pelvis, as in Human3.6M.
_SPINE = {'spine02': 0.6, 'spine03': 0.4}
#: Human3.6M's hips are this much farther apart than anny's.
_HIP_WIDTH = 1.1
_NOSE_TIP = 0.75  # the rest is the head's bone: the data set's nose lies inside the face


def joints_of(rig: Rig, character: Character, transforms: np.ndarray) -> np.ndarray:
    """(18, 3) in the frame of `transforms` (bones, 3, 4), metres."""
    heads = np.einsum('bij,bj->bi', transforms[:, :, :3], character.heads) + transforms[:, :, 3]
    head_top, nose_tip = character.posed_landmarks(transforms[rig.moving])
    joints = np.zeros((JOINT_COUNT, 3))
    for name, bone in _BONES.items():
        joints[INDEX[name]] = heads[rig.index[bone]]
    hips = [INDEX['r_hip'], INDEX['l_hip']]
    joints[INDEX['pelvis']] = joints[hips].mean(axis=0)
    joints[hips] = joints[INDEX['pelvis']] + _HIP_WIDTH * (joints[hips] - joints[INDEX['pelvis']])
    joints[INDEX['spine']] = sum(share * heads[rig.index[bone]] for bone, share in _SPINE.items())
    joints[INDEX['mid_shoulder']] = joints[[INDEX['l_shoulder'], INDEX['r_shoulder']]].mean(axis=0)
    joints[INDEX['neck']] = (heads[rig.index['neck01']] + joints[INDEX['mid_shoulder']]) / 2
    joints[INDEX['nose']] = _NOSE_TIP * nose_tip + (1 - _NOSE_TIP) * heads[rig.index['head']]
    joints[INDEX['head_top']] = head_top
    return joints
