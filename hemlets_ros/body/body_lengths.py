"""Bone lengths of one person, from the joints of many frames."""

from __future__ import annotations

import numpy as np

from hemlets_ros.body.bones import BONE_INDEX, REST_ENDS_MM, REST_OFFSETS_MM
from hemlets_ros.body.trunk import trunk_rotations
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.skeleton import INDEX

#: End joint of a limb segment whose length is measured -> start joint.
_LIMBS = {'knee': 'hip', 'ankle': 'knee', 'elbow': 'shoulder', 'wrist': 'elbow'}


def body_offsets(joints_mm: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Offsets (24, 3) and ends, as bones.REST_OFFSETS_MM and REST_ENDS_MM, of the body of one person.

    Lengths are medians over all frames and both sides. Lengths that the joints do not determine (feet, hands,
    the position of the clavicles) have the rest pose's proportions, scaled to the size of the body.

    joints_mm: (n, 18, 3), n at least 1, in any coordinate frame.
    """
    at = {name: joints_mm[:, index] for name, index in INDEX.items()}

    def length(start: str, end: str) -> float:
        pairs = [(start, end)] if end[:2] not in ('l_', 'r_') else [
            (f'{side}_{start[2:]}' if start[:2] in ('l_', 'r_') else start, f'{side}_{end[2:]}')
            for side in 'lr']
        return float(np.median(np.concatenate([
            np.linalg.norm(at[one] - at[other], axis=1) for one, other in pairs])))

    measured = {end: length(f'l_{start}', f'l_{end}') for end, start in _LIMBS.items()}
    measured['hip'] = float(np.median(np.linalg.norm(at['l_hip'] - at['r_hip'], axis=1))) / 2
    rest = {name: float(np.linalg.norm(REST_OFFSETS_MM[BONE_INDEX[f'l_{name}']])) for name in measured}
    scale = {name: value / rest[name] for name, value in measured.items()}
    size = sum(measured.values()) / sum(rest.values())
    trunk = {'lower': length('pelvis', 'spine'), 'upper': length('spine', 'neck')}
    lower, upper = (float(np.linalg.norm(sum(REST_OFFSETS_MM[BONE_INDEX[bone]] for bone in bones)))
                    for bones in (('spine1', 'spine2'), ('spine3', 'neck')))
    scale |= {'spine1': trunk['lower'] / lower, 'spine2': trunk['lower'] / lower,
              'spine3': trunk['upper'] / upper, 'neck': trunk['upper'] / upper}
    head = REST_OFFSETS_MM[BONE_INDEX['head']] + REST_ENDS_MM['head']
    head_scale = length('neck', 'head_top') / float(np.linalg.norm(head))
    scale['head'] = head_scale
    factors = np.array([scale.get(name.removeprefix('l_').removeprefix('r_'), size) for name in BONE_INDEX])
    offsets = REST_OFFSETS_MM * factors[:, None]
    _set_shoulders(offsets, joints_mm, at)
    return offsets, {bone: end * (head_scale if bone == 'head' else size)
                     for bone, end in REST_ENDS_MM.items()}


def _set_shoulders(offsets: np.ndarray, joints_mm: np.ndarray, at: dict[str, np.ndarray]) -> None:
    """Sets the lengths of the clavicles so that they end at the measured shoulders."""
    chest = trunk_rotations(joints_mm)[1]
    distances = []
    for side in 'lr':
        start = offsets[BONE_INDEX[f'{side}_clavicle']] - offsets[BONE_INDEX['neck']]
        reach = at[f'{side}_shoulder'] - at['neck'] - quat.rotate(chest, start)
        distances.append(np.linalg.norm(reach, axis=1))
    for side in 'lr':
        bone = BONE_INDEX[f'{side}_shoulder']
        offsets[bone] *= np.median(np.concatenate(distances)) / np.linalg.norm(offsets[bone])
