"""The 18 joints of HEMlets: names, order, bones, parts, mirror pairs. Only this module uses joint indices.

Joints 0..16 are Human3.6M's, joint 17 is the middle of the shoulders (HEMlets, sec. 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

JOINT_NAMES: Final = (
    'pelvis', 'r_hip', 'r_knee', 'r_ankle', 'l_hip', 'l_knee', 'l_ankle', 'spine', 'neck', 'nose',
    'head_top', 'l_shoulder', 'l_elbow', 'l_wrist', 'r_shoulder', 'r_elbow', 'r_wrist',
    'mid_shoulder')
JOINT_COUNT: Final = len(JOINT_NAMES)
INDEX: Final = {name: index for index, name in enumerate(JOINT_NAMES)}
ROOT: Final = INDEX['pelvis']
#: The joints that Human3.6M labels and on which its protocols compute the error.
H36M_JOINTS: Final = slice(0, 17)


def _pairs(text: str) -> np.ndarray:
    """Index pairs, shape (n, 2), from words like 'r_hip>pelvis'."""
    return np.array([[INDEX[name] for name in word.split('>')] for word in text.split()])


#: Bones to draw, (child, parent), shape (17, 2).
BONES: Final = _pairs(
    'r_hip>pelvis l_hip>pelvis spine>pelvis r_knee>r_hip r_ankle>r_knee l_knee>l_hip l_ankle>l_knee '
    'mid_shoulder>spine neck>mid_shoulder r_shoulder>neck l_shoulder>neck nose>neck head_top>nose '
    'r_elbow>r_shoulder r_wrist>r_elbow l_elbow>l_shoulder l_wrist>l_elbow')

#: Parts (parent, child) of the heatmap triplets, shape (14, 2) (HEMlets, sec. 3.1).
PARTS: Final = _pairs(
    'pelvis>r_hip r_hip>r_knee r_knee>r_ankle pelvis>l_hip l_hip>l_knee l_knee>l_ankle pelvis>neck '
    'neck>r_shoulder r_shoulder>r_elbow r_elbow>r_wrist neck>l_shoulder l_shoulder>l_elbow '
    'l_elbow>l_wrist neck>head_top')
#: Channels of the network's heatmaps: one per joint, then three (negative, zero, positive) per part.
MAP_COUNT: Final = JOINT_COUNT + 3 * len(PARTS)

#: MIRROR[j] is the joint that j becomes in a mirrored image, shape (18,).
MIRROR: Final = np.array([
    INDEX[{'l_': 'r_', 'r_': 'l_'}.get(name[:2], name[:2]) + name[2:]] for name in JOINT_NAMES])

#: PART_MIRROR[k] is the part that part k becomes in a mirrored image, shape (14,).
PART_MIRROR: Final = np.array([
    next(k for k, part in enumerate(PARTS) if (part == MIRROR[mirrored_part]).all())
    for mirrored_part in PARTS])

#: Bones of known mean length, (child, parent), shape (15, 2), and those lengths in mm, shape (15,):
#: the mean skeleton of Human3.6M's training subjects, as the authors' evaluation uses it.
PRIOR_BONES: Final = _pairs(
    'r_hip>pelvis l_hip>pelvis spine>pelvis r_knee>r_hip r_ankle>r_knee l_knee>l_hip l_ankle>l_knee '
    'r_shoulder>neck l_shoulder>neck nose>neck head_top>nose '
    'r_elbow>r_shoulder r_wrist>r_elbow l_elbow>l_shoulder l_wrist>l_elbow')
PRIOR_LENGTHS_MM: Final = np.array([
    132.94859077417854, 132.94882565107528, 233.47061306301964, 442.8946124486049,
    454.2064471493663, 442.89441332923815, 454.20659046567124, 151.03143697339942,
    151.03422571006854, 121.13493767282833, 115.00222708021806, 278.89292359255,
    251.72868026287756, 278.88277282953516, 251.73345095358297])
#: Body height for these bone lengths: mean of 118 generated adults, standard deviation 0.025 m.
PRIOR_HEIGHT_M: Final = 1.8


def side(name: str) -> str:
    """'left', 'right' or 'centre': the side of the person on which a joint lies, by its name."""
    return {'l_': 'left', 'r_': 'right'}.get(name[:2], 'centre')


def bone_side(bone: Sequence[int] | np.ndarray) -> str:
    """'left', 'right' or 'centre' for a (child, parent) pair of indices: the child's side."""
    return side(JOINT_NAMES[bone[0]])


def mirrored(joints: np.ndarray) -> np.ndarray:
    """Swaps left and right joints of (..., 18, n); the coordinates stay as they are."""
    return joints[..., MIRROR, :]


#: Further points of the body, computed from its bones and shape (body/extra_joints.py): back of the heel,
#: tips of the big and small toe, base of the middle finger, centre of the eye, and ear.
EXTRA_JOINT_NAMES: Final = tuple(
    f'{side}_{name}' for name in ('heel', 'big_toe', 'small_toe', 'knuckle', 'eye', 'ear') for side in 'lr')
EXTRA_INDEX: Final = {name: index for index, name in enumerate(EXTRA_JOINT_NAMES)}

#: The 17 keypoints of COCO in COCO's order, which pose detectors output.
COCO_NAMES: Final = (
    'nose', 'l_eye', 'r_eye', 'l_ear', 'r_ear', 'l_shoulder', 'r_shoulder', 'l_elbow', 'r_elbow',
    'l_wrist', 'r_wrist', 'l_hip', 'r_hip', 'l_knee', 'r_knee', 'l_ankle', 'r_ankle')
#: Indices of the face's keypoints in COCO_NAMES.
COCO_FACE: Final = [COCO_NAMES.index(name) for name in ('nose', 'l_eye', 'r_eye', 'l_ear', 'r_ear')]
#: Indices of the joints that COCO defines in the same way (arms and legs), in COCO's order, shape (12,).
LIMB_JOINTS: Final = np.array([INDEX[name] for name in COCO_NAMES if name in INDEX and name != 'nose'])
#: COCO_MIRROR[k] is the keypoint that k becomes in a mirrored image, shape (17,).
COCO_MIRROR: Final = np.array([
    COCO_NAMES.index({'l_': 'r_', 'r_': 'l_'}.get(name[:2], name[:2]) + name[2:]) for name in COCO_NAMES])

#: Index of joints 0..16 among the 32 joints of Human3.6M.
H36M_32_INDEX: Final = {
    'pelvis': 0, 'r_hip': 1, 'r_knee': 2, 'r_ankle': 3, 'l_hip': 6, 'l_knee': 7, 'l_ankle': 8,
    'spine': 12, 'neck': 13, 'nose': 14, 'head_top': 15, 'l_shoulder': 17, 'l_elbow': 18, 'l_wrist': 19,
    'r_shoulder': 25, 'r_elbow': 26, 'r_wrist': 27}
H36M_32_COUNT: Final = 32
_OF_H36M_32: Final = np.array([H36M_32_INDEX[name] for name in JOINT_NAMES[H36M_JOINTS]])
#: Joints that are the midpoint of two other joints.
_MIDDLES: Final = {'pelvis': ('l_hip', 'r_hip'), 'mid_shoulder': ('l_shoulder', 'r_shoulder')}


def from_h36m_32(joints: np.ndarray) -> np.ndarray:
    """Human3.6M's joints (..., 32, n) -> HEMlets' joints (..., 18, n)."""
    chosen = joints[..., _OF_H36M_32, :]
    left, right = (INDEX[name] for name in _MIDDLES['mid_shoulder'])
    middle = (chosen[..., left, :] + chosen[..., right, :]) / 2
    return np.concatenate([chosen, middle[..., None, :]], axis=-2)


def from_coco(keypoints: np.ndarray, labelled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """COCO's keypoints (17, n), labelled (17,) bool -> HEMlets' joints (18, n), known (18,) bool.

    Joints that COCO does not define or that are not labelled are 0 and not known. A midpoint is known if both
    of its joints are labelled.
    """
    joints, known = np.zeros((JOINT_COUNT, keypoints.shape[1])), np.zeros(JOINT_COUNT, bool)
    coco = {name: index for index, name in enumerate(COCO_NAMES) if labelled[index]}
    for name in JOINT_NAMES:
        sources = [coco[source] for source in _MIDDLES.get(name, (name,)) if source in coco]
        if len(sources) == len(_MIDDLES.get(name, (name,))):
            joints[INDEX[name]] = keypoints[sources].mean(0)
            known[INDEX[name]] = True
    return joints, known
