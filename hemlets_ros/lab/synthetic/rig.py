"""Poses the skeleton of a body: converts the rotations of 13 parts to transforms of all bones."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from hemlets_ros.lab.synthetic import rotations as rot
from hemlets_ros.lab.synthetic.pose import SEGMENT, Pose

_DOWN = np.array([0.0, 0.0, -1.0])
_SPINE = ('spine05', 'spine04', 'spine03', 'spine02', 'spine01')
_NECK = ('neck01', 'neck02', 'neck03')
_LIMB_BONES = ('upperleg01', 'upperleg02', 'lowerleg01', 'lowerleg02', 'foot', 'clavicle', 'shoulder01',
               'upperarm01', 'upperarm02', 'lowerarm01', 'lowerarm02', 'wrist')
_FINGERS = (2, 3, 4, 5)
#: Share of an arm's elevation above the horizontal that collar bone and shoulder blade perform.
_SHRUG = 0.28
_REST_RISE_RAD = -0.7  # elevation of the arm below which the collar bone does not move
_FIST_RAD = 1.35  # bend of each finger joint in a fist


class Rig:
    """A skeleton with MakeHuman's bone names: upperarm01.L, foot.R ..."""

    #: Elevation of the arms in the rest pose, relative to the collar bones.
    rest_rise_rad = _REST_RISE_RAD

    def __init__(self, bones: list[str], parents: list[int]) -> None:
        self.bones, self.parents = bones, parents
        self.index = {name: number for number, name in enumerate(bones)}
        moving = {'root', 'head', *_SPINE, *_NECK}
        for side in 'LR':
            moving |= {f'{name}.{side}' for name in _LIMB_BONES}
            moving |= {f'finger{finger}-{joint}.{side}' for finger in _FINGERS for joint in (1, 2, 3)}
        #: Bones that move relative to their parents; all others are fixed to them.
        self.moving = np.array([number for number, name in enumerate(bones) if name in moving])

    def merged(self, weights: np.ndarray) -> np.ndarray:
        """Weights (n, bones) -> (n, moving bones); a fixed bone's weights go to the bone that moves it."""
        leader = list(range(len(self.bones)))
        moving = set(self.moving.tolist())
        for bone, parent in enumerate(self.parents):
            leader[bone] = bone if bone in moving else leader[parent]
        result = np.zeros((len(weights), len(self.bones)), weights.dtype)
        np.add.at(result.T, leader, weights.T)
        return result[:, self.moving]

    def transforms(self, heads: np.ndarray, pose: Pose) -> np.ndarray:
        """Transforms (bones, 3, 4) from the rest pose to the pose, metres.

        heads: start points (bones, 3) of the bones in the rest pose. The root bone keeps its position; only
        the rotations of the pose are applied.
        """
        rotations = self._rotations(heads, pose)
        parents = np.array(self.parents)
        offsets = np.einsum('bij,bj->bi', rotations[parents], heads - heads[parents])
        moved = heads.copy()
        for bone, parent in enumerate(self.parents):  # parents come first
            if parent >= 0:
                moved[bone] = moved[parent] + offsets[bone]
        result = np.empty((len(heads), 3, 4))
        result[:, :, :3] = rotations
        result[:, :, 3] = moved - np.einsum('bij,bj->bi', rotations, heads)
        return result

    def _rotations(self, heads: np.ndarray, pose: Pose) -> np.ndarray:
        """World rotation of each bone, (bones, 3, 3)."""
        own: dict[int, np.ndarray] = {}
        part = {name: pose.rotations[index] for name, index in SEGMENT.items()}
        own[self.index['root']] = part['pelvis']
        for chain, start, end in ((_SPINE, 'pelvis', 'chest'), (_NECK, 'chest', 'head')):
            # The last spine bone carries the arms, so it gets the chest's full rotation. The last neck bone
            # precedes the head, so it gets less than the head's full rotation.
            shares = np.arange(1, len(chain) + 1) / (len(chain) + (chain is _NECK))
            bends = Slerp([0, 1], Rotation.from_matrix([part[start], part[end]]))(shares).as_matrix()
            own |= {self.index[name]: bend for name, bend in zip(chain, bends, strict=True)}
        own[self.index['head']] = part['head']
        for number, side in enumerate('LR'):
            self._turn_leg(own, heads, part, side)
            self._turn_arm(own, heads, part, side, pose.twist_rad[number])
            self._curl_fingers(own, heads, side, pose.curl[number])
        rotations = np.empty((len(heads), 3, 3))
        for bone, parent in enumerate(self.parents):
            rotations[bone] = own.get(bone, rotations[parent] if parent >= 0 else np.eye(3))
        return rotations

    def _turn_leg(self, own: dict[int, np.ndarray], heads: np.ndarray, part: dict[str, np.ndarray],
                  side: str) -> None:
        word = side.lower()
        hip, knee, ankle = (heads[self.index[f'{name}.{side}']]
                            for name in ('upperleg01', 'lowerleg01', 'foot'))
        across = np.array([1.0, 0.0, 0.0])
        straight = rot.frame(_DOWN, across)
        for name, start, end in (('thigh', hip, knee), ('shin', knee, ankle)):
            turn = part[f'{word}_{name}'] @ straight @ rot.frame(end - start, across).T
            for number in '12':
                bone = {'thigh': 'upperleg', 'shin': 'lowerleg'}[name]
                own[self.index[f'{bone}0{number}.{side}']] = turn
        own[self.index[f'foot.{side}']] = part[f'{word}_foot']

    def _turn_arm(self, own: dict[int, np.ndarray], heads: np.ndarray, part: dict[str, np.ndarray],
                  side: str, twist_rad: float) -> None:
        word, sign = side.lower(), 1.0 if side == 'L' else -1.0
        shoulder, elbow, wrist = (heads[self.index[f'{name}.{side}']]
                                  for name in ('upperarm01', 'lowerarm01', 'wrist'))
        upper, lower = elbow - shoulder, wrist - elbow
        hinge = self.elbow_axis(upper, lower, sign)
        out = np.array([sign, 0.0, 0.0])
        straight = rot.frame(out, sign * _DOWN)
        arm = part[f'{word}_upperarm'] @ straight @ rot.frame(upper, hinge).T
        forearm = part[f'{word}_forearm'] @ straight @ rot.frame(lower, hinge).T
        own[self.index[f'upperarm01.{side}']] = own[self.index[f'upperarm02.{side}']] = arm
        twists = Rotation.from_rotvec(np.outer([0.5, 1.0], twist_rad * out)).as_matrix()
        half, full = part[f'{word}_forearm'] @ twists @ part[f'{word}_forearm'].T @ forearm
        own[self.index[f'lowerarm01.{side}']] = half
        own[self.index[f'lowerarm02.{side}']] = own[self.index[f'wrist.{side}']] = full
        direction = part['chest'].T @ part[f'{word}_upperarm'] @ out
        rise = max(np.arcsin(np.clip(direction[2], -1, 1)), _REST_RISE_RAD) - self.rest_rise_rad
        shrug = part['chest'] @ Rotation.from_rotvec([0, -sign * _SHRUG * rise, 0]).as_matrix()
        for name in ('clavicle', 'shoulder01'):
            own[self.index[f'{name}.{side}']] = shrug

    def elbow_axis(self, upper: np.ndarray, lower: np.ndarray, sign: float) -> np.ndarray:
        """Axis (3,) of the elbow in the rest pose, in which it is bent.

        upper, lower: (3,) directions of the bones; sign: 1 left, -1 right.
        """
        return np.cross(upper, lower)

    def _curl_fingers(self, own: dict[int, np.ndarray], heads: np.ndarray, side: str, curl: float) -> None:
        hand = own[self.index[f'wrist.{side}']]
        knuckles = [heads[self.index[f'finger{finger}-1.{side}']] for finger in (2, 5)]
        wrist = heads[self.index[f'wrist.{side}']]
        # Fingers bend towards the palm, about the line through the knuckles.
        axis = rot.unit(knuckles[1] - knuckles[0])
        toward = np.cross(axis, rot.unit(sum(knuckles) / 2 - wrist))
        palm = np.cross(*(knuckle - wrist for knuckle in knuckles)) * (1 if side == 'L' else -1)
        axis = axis * np.sign(toward @ palm or 1.0)
        bends_rad = _FIST_RAD * curl * (np.arange(1, 4) - 0.4)
        turns = hand @ Rotation.from_rotvec(np.outer(bends_rad, axis)).as_matrix()
        for joint, turn in enumerate(turns, 1):
            for finger in _FINGERS:
                own[self.index[f'finger{finger}-{joint}.{side}']] = turn
