"""How long the bones of one person are: offsets of a body from joints seen in many frames."""

from __future__ import annotations

import numpy as np

from hemlets_ros.body.bones import BONE_INDEX, REST_ENDS_MM, REST_OFFSETS_MM
from hemlets_ros.skeleton import INDEX

#: Lengths that joints tell -> the bones whose offsets have that length, or add up to it.
_LIMBS = {'knee': 'hip', 'ankle': 'knee', 'elbow': 'shoulder', 'wrist': 'elbow'}


def body_offsets(joints_mm: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Offsets (24, 3) and ends, as bones.REST_OFFSETS_MM and REST_ENDS_MM, of the body of one person.

    Medians over the frames, of left and right together; what joints do not tell (feet, hands, clavicles'
    share of the shoulders) has usual proportions at the body's size.

    joints_mm: (n, 18, 3), n at least 1, in any frame.
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
    scale = {name: value / float(np.linalg.norm(REST_OFFSETS_MM[BONE_INDEX[f'l_{name}']]))
             for name, value in measured.items()}
    size = sum(measured.values()) / sum(measured[name] / scale[name] for name in measured)
    trunk = {'lower': length('pelvis', 'spine'), 'upper': length('spine', 'neck')}
    lower, upper = (float(sum(np.linalg.norm(REST_OFFSETS_MM[BONE_INDEX[bone]]) for bone in bones))
                    for bones in (('spine1', 'spine2'), ('spine3', 'neck')))
    scale |= {'spine1': trunk['lower'] / lower, 'spine2': trunk['lower'] / lower,
              'spine3': trunk['upper'] / upper, 'neck': trunk['upper'] / upper}
    across = float(np.median(np.linalg.norm(at['l_shoulder'] - at['r_shoulder'], axis=1))) / 2
    usual_across = REST_OFFSETS_MM[BONE_INDEX['l_clavicle'], 0] + REST_OFFSETS_MM[BONE_INDEX['l_shoulder'], 0]
    scale |= {'clavicle': across / usual_across, 'shoulder': across / usual_across}
    head = REST_OFFSETS_MM[BONE_INDEX['head']] + REST_ENDS_MM['head']
    head_scale = length('neck', 'head_top') / float(np.linalg.norm(head))
    scale['head'] = head_scale
    factors = np.array([scale.get(name.removeprefix('l_').removeprefix('r_'), size) for name in BONE_INDEX])
    ends = {bone: end * (head_scale if bone == 'head' else size) for bone, end in REST_ENDS_MM.items()}
    return REST_OFFSETS_MM * factors[:, None], ends
