"""Imports motion capture files for motions/: BVH files of CMU, and pybullet's humanoid3d_*.txt.

The clips were made with

    write_clips({name: read_humanoid3d(path) ...}, 'hemlets_ros/lab/synthetic/motions/pybullet.npz')
    write_clips({name: read_bvh(path)[1::8] ...}, 'hemlets_ros/lab/synthetic/motions/cmu.npz')

Frame 0 of a CMU file is a T-pose; every eighth frame is used, of 120 per second.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.synthetic import rotations as rot
from hemlets_ros.lab.synthetic.pose import SEGMENTS
from hemlets_ros.system.json_text import parse_json

# Rotations from the axes of each source to ours (x left, -y forward, z up).
_FROM_BVH = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])  # x left, y up, z forward
_FROM_HUMANOID3D = np.array([[0.0, 0, -1], [-1, 0, 0], [0, 1, 0]])  # x forward, y up, z right

_BVH_JOINTS = {
    'pelvis': 'Hips', 'chest': 'Spine1', 'head': 'Head', 'l_upperarm': 'LeftArm', 'l_forearm': 'LeftForeArm',
    'r_upperarm': 'RightArm', 'r_forearm': 'RightForeArm', 'l_thigh': 'LeftUpLeg', 'l_shin': 'LeftLeg',
    'l_foot': 'LeftFoot', 'r_thigh': 'RightUpLeg', 'r_shin': 'RightLeg', 'r_foot': 'RightFoot'}
# The joint at the distal end of a body part, and the direction of the part in the T-pose.
_ENDS = {'l_upperarm': ('LeftForeArm', (1, 0, 0)), 'l_forearm': ('LeftHand', (1, 0, 0)),
         'r_upperarm': ('RightForeArm', (-1, 0, 0)), 'r_forearm': ('RightHand', (-1, 0, 0)),
         'l_thigh': ('LeftLeg', (0, 0, -1)), 'l_shin': ('LeftFoot', (0, 0, -1)),
         'r_thigh': ('RightLeg', (0, 0, -1)), 'r_shin': ('RightFoot', (0, 0, -1))}


@dataclass
class _Joint:
    name: str
    parent: int
    offset: np.ndarray
    channels: list[str]


def read_bvh(path: str | Path) -> np.ndarray:
    """Rotations (frames, 13, 3, 3) of a BVH file with the joint names of CMU's. Raises SourceError."""
    try:
        joints, _, rotations = _posed(path)
        offsets = {joint.name: joint.offset for joint in joints}
        result = []
        for part in SEGMENTS:
            turn = _FROM_BVH @ rotations[_BVH_JOINTS[part]] @ _FROM_BVH.T
            if part in _ENDS:  # corrects for CMU's T-pose, in which the legs are apart
                end, straight = _ENDS[part]
                beside = (1, 0, 0) if straight[2] else (0, 0, 1)
                turn = turn @ rot.frame(_FROM_BVH @ offsets[end], np.array(beside)) \
                    @ rot.frame(np.array(straight), np.array(beside)).T
            result.append(turn)
    except Exception as error:  # a damaged text can raise many types
        raise SourceError(f'{path} is not a BVH file of CMU data: {repr(error)[:300]}') from error
    return np.stack(result, axis=1)


def read_bvh_joints(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Joint -> positions (frames, 3) and rotations (frames, 3, 3) in the world of a BVH file, in its units.

    Raises SourceError.
    """
    try:
        return _posed(path)[1:]
    except Exception as error:  # as above
        raise SourceError(f'{path} is not a BVH file: {repr(error)[:300]}') from error


def _posed(path: str | Path) -> tuple[list[_Joint], dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The joints of a BVH file, and their positions and rotations in the world."""
    words = Path(path).read_text().split()
    joints, rest = _hierarchy(words)
    count = int(words[rest + 2])
    values = np.array(words[rest + 6:], float).reshape(count, -1)
    positions: dict[str, np.ndarray] = {}
    rotations: dict[str, np.ndarray] = {}
    column = 0
    for joint in joints:
        turn = np.broadcast_to(np.eye(3), (count, 3, 3))
        offset = np.tile(joint.offset, (count, 1))
        for channel in joint.channels:
            if channel.endswith('rotation'):
                about_axis = Rotation.from_euler(channel[0], values[:, [column]], degrees=True)
                turn = turn @ about_axis.as_matrix()
            else:
                offset[:, 'XYZ'.index(channel[0])] = values[:, column]
            column += 1
        if joint.parent >= 0:
            carrier = joints[joint.parent].name
            offset = positions[carrier] + np.einsum('nij,nj->ni', rotations[carrier], offset)
            turn = rotations[carrier] @ turn
        positions[joint.name], rotations[joint.name] = offset, turn
    return joints, positions, rotations


def _hierarchy(words: list[str]) -> tuple[list[_Joint], int]:
    """The joints in the order of their channels, and the index of the word MOTION."""
    joints: list[_Joint] = []
    open_joints: list[int] = []
    name, at = '', 0
    while words[at] != 'MOTION':
        word = words[at]
        if word in ('ROOT', 'JOINT', 'End'):
            name = words[at + 1]
        elif word == '{':
            parent = open_joints[-1] if open_joints else -1
            joints.append(_Joint(name, parent, np.zeros(3), []))
            open_joints.append(len(joints) - 1)
        elif word == '}':
            open_joints.pop()
        elif word == 'OFFSET':
            joints[open_joints[-1]].offset = np.array(words[at + 1:at + 4], float)
        elif word == 'CHANNELS':
            joints[open_joints[-1]].channels = words[at + 2:at + 2 + int(words[at + 1])]
        at += 1
    return joints, at


def read_humanoid3d(path: str | Path) -> np.ndarray:
    """Rotations (frames, 13, 3, 3) of a motion for DeepMimic's humanoid. Raises SourceError."""
    try:
        frames = np.array(parse_json(Path(path).read_text())['Frames'], float)
        if frames.shape[1] != 44:
            raise ValueError(f'{frames.shape[1]} numbers a frame, not 44')
        return _humanoid3d_rotations(frames)
    except Exception as error:  # as above
        raise SourceError(f'{path} is not a humanoid3d motion: {repr(error)[:300]}') from error


def _humanoid3d_rotations(frames: np.ndarray) -> np.ndarray:
    """(frames, 44) -> (frames, 13, 3, 3). Raises ValueError for a quaternion of length 0."""
    at = 4  # after duration and position

    def ball() -> np.ndarray:
        nonlocal at
        at += 4
        return Rotation.from_quat(frames[:, at - 4:at], scalar_first=True).as_matrix()

    def hinge() -> np.ndarray:
        nonlocal at
        at += 1
        return Rotation.from_euler('z', frames[:, at - 1:at]).as_matrix()

    rotations = {'pelvis': ball()}
    rotations['chest'] = rotations['pelvis'] @ ball()
    rotations['head'] = rotations['chest'] @ ball()
    for side in 'rl':
        rotations[f'{side}_thigh'] = rotations['pelvis'] @ ball()
        rotations[f'{side}_shin'] = rotations[f'{side}_thigh'] @ hinge()
        rotations[f'{side}_foot'] = rotations[f'{side}_shin'] @ ball()
        rotations[f'{side}_upperarm'] = rotations['chest'] @ ball()
        rotations[f'{side}_forearm'] = rotations[f'{side}_upperarm'] @ hinge()
    result = []
    for part in SEGMENTS:
        turn = _FROM_HUMANOID3D @ rotations[part] @ _FROM_HUMANOID3D.T
        if part.endswith('arm'):  # in the rest pose of the source, the arms hang
            turn = turn @ Rotation.from_euler('y', 90 if part[0] == 'l' else -90, degrees=True).as_matrix()
        result.append(turn)
    return np.stack(result, axis=1)


def write_clips(clips: dict[str, np.ndarray], path: str | Path) -> None:
    """Clips by name, each (frames, 13, 3, 3), as float16 quaternions (frames, 13, 4), w first."""
    np.savez_compressed(path, **{name: _quaternions(clip).astype(np.float16) for name, clip in clips.items()})


def _quaternions(rotations: np.ndarray) -> np.ndarray:
    """(frames, 13, 3, 3) -> (frames, 13, 4), w first and not negative."""
    flat = Rotation.from_matrix(rotations.reshape(-1, 3, 3))
    return flat.as_quat(canonical=True, scalar_first=True).reshape(*rotations.shape[:2], 4)
