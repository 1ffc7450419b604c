"""Ground-truth rotations of the 24 bones (hemlets_ros/body/bones.py) for a pose of a rig."""

from __future__ import annotations

from typing import Final

import numpy as np

from hemlets_ros.body.bones import BONE_INDEX, BONE_NAMES
from hemlets_ros.lab.synthetic.pose import SEGMENT, SEGMENTS, Pose
from hemlets_ros.lab.synthetic.rig import Rig

#: Bone -> the corresponding bone of the rig; {} is the side.
_RIG_BONES: Final = {
    'pelvis': 'root', 'spine1': 'spine04', 'spine2': 'spine03', 'spine3': 'spine01', 'neck': 'neck02',
    'head': 'head', 'hip': 'upperleg01.{}', 'knee': 'lowerleg01.{}', 'ankle': 'foot.{}', 'toe': 'foot.{}',
    'clavicle': 'clavicle.{}', 'shoulder': 'upperarm01.{}', 'elbow': 'lowerarm01.{}', 'wrist': 'wrist.{}',
    'hand': 'finger3-1.{}'}
#: Axes of bones.py (y up, z forward) -> axes of the rig (z up, facing -y).
TO_RIG: Final = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
T_POSE: Final = Pose(np.tile(np.eye(3), (len(SEGMENTS), 1, 1)), 't', curl=(0.0, 0.0))


def bone_turns(rig: Rig, heads: np.ndarray, pose: Pose) -> np.ndarray:
    """Rotations (24, 3, 3) from the rest pose of bones.py to the posed bones in the world, z up.

    The twist of a forearm is part of the wrist's rotation only, because joint positions do not determine it.

    Args:
        heads: (bones, 3) start points of the rig's bones in the rest pose.
    """
    numbers = rig_bones(rig)
    # Rotations are relative to the T-pose, because rest poses differ between bodies.
    back, turns = (rig.transforms(heads, each)[:, :, :3] for each in (T_POSE, pose))
    turned = turns[numbers] @ back[numbers].swapaxes(1, 2)
    for side in 'lr':
        turned[BONE_INDEX[f'{side}_elbow']] = pose.rotations[SEGMENT[f'{side}_forearm']]
    result: np.ndarray = turned @ TO_RIG
    return result


def rig_bones(rig: Rig) -> list[int]:
    """Indices of the rig's bones that correspond to the 24 bones in rotation and start; toes: the foot's."""
    return [rig.index[_rig_bone(name)] for name in BONE_NAMES]


def _rig_bone(bone: str) -> str:
    side = bone[:2] in ('l_', 'r_')
    return _RIG_BONES[bone[2:] if side else bone].format(bone[0].upper() if side else '')
