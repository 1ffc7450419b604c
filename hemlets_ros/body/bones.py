"""The body's 24 bones: names, parents, rest pose, axes.

A bone is named after the joint at which it starts: `l_hip` is the left thigh, `l_elbow` the left forearm,
`l_wrist` the hand, `l_hand` (base of the middle finger) the fingers, `l_toe` the toes. The order is that of
SMPL's 24 joints; without the last two it is that of SMPL-X's 22.

Rest pose: a T-pose, upright, arms out to the sides with palms down, legs and feet straight. Axes: x to the
person's left, y up, z forward (right-handed). Origin: the pelvis. In the rest pose every bone has these axes,
so all rotations are identities, as in BVH, glTF and SMPL files. Elbows flex about -y (left) and +y (right),
knees about +x.
"""

from __future__ import annotations

from typing import Final

import numpy as np

#: Bone, parent, start of the bone relative to the parent's start in the rest pose, mm. Only the left side is
#: listed; the right side is its mirror image. Bones start at the joints on which the network was trained: the
#: mean of 24 generated adults (anny, CC0; `hemlets synth --joints anatomical`) in the T-pose, with the leg
#: lengths of skeleton.PRIOR_LENGTHS_MM. Therefore the trunk is curved and the thighs are not quite vertical
#: (their depth is between that of anny, -33, and that of hand-made avatars).
_REST: Final = (
    ('pelvis', '', (0.0, 0.0, 0.0)),  # the middle of the hips
    ('l_hip', 'pelvis', (138.0, 0.0, 0.0)),
    ('r_hip', 'pelvis', None),
    ('spine1', 'pelvis', (0.0, 110.0, -45.0)),
    ('l_knee', 'l_hip', (-18.0, -431.0, -16.0)),
    ('r_knee', 'r_hip', None),
    ('spine2', 'spine1', (0.0, 120.0, -8.0)),
    ('l_ankle', 'l_knee', (0.0, -464.0, 0.0)),
    ('r_ankle', 'r_knee', None),
    ('spine3', 'spine2', (0.0, 115.0, -8.0)),
    ('l_toe', 'l_ankle', (12.0, -56.0, 156.0)),
    ('r_toe', 'r_ankle', None),
    ('neck', 'spine3', (0.0, 237.0, 34.0)),
    ('l_clavicle', 'spine3', (25.0, 173.0, 55.0)),
    ('r_clavicle', 'spine3', None),
    ('head', 'neck', (0.0, 120.0, 39.0)),
    ('l_shoulder', 'l_clavicle', (140.0, 10.0, -35.0)),
    ('r_shoulder', 'r_clavicle', None),
    ('l_elbow', 'l_shoulder', (304.0, 0.0, 29.0)),
    ('r_elbow', 'r_shoulder', None),
    ('l_wrist', 'l_elbow', (252.0, 0.0, 0.0)),
    ('r_wrist', 'r_elbow', None),
    ('l_hand', 'l_wrist', (112.0, -7.0, 12.0)),
    ('r_hand', 'r_wrist', None))

BONE_NAMES: Final = tuple(name for name, _, _ in _REST)
BONE_COUNT: Final = len(BONE_NAMES)
BONE_INDEX: Final = {name: index for index, name in enumerate(BONE_NAMES)}
#: PARENTS[b] is the bone that carries b, -1 for the pelvis. Parents come first.
PARENTS: Final = tuple(BONE_INDEX.get(parent, -1) for _, parent, _ in _REST)
#: BONE_MIRROR[b] is the bone that b becomes in a mirrored person, shape (24,).
BONE_MIRROR: Final = np.array([
    BONE_INDEX[{'l_': 'r_', 'r_': 'l_'}.get(name[:2], name[:2]) + name[2:]] for name in BONE_NAMES])
_MIRRORED_AXES = np.array([-1.0, 1.0, 1.0])


def _rest() -> np.ndarray:
    given = {name: np.array(offset) for name, _, offset in _REST if offset is not None}
    return np.stack([given[name] if name in given else given[f'l_{name[2:]}'] * _MIRRORED_AXES
                     for name in BONE_NAMES])


#: Start of each bone relative to its parent's start in the rest pose, mm, shape (24, 3).
REST_OFFSETS_MM: Final = _rest()
#: End of each bone without children relative to its start: bone -> (3,) mm.
REST_ENDS_MM: Final = {
    'head': np.array([0.0, 140.0, 6.0]),  # the joint `head_top` of skeleton.py
    'l_toe': np.array([0.0, -8.0, 60.0]), 'r_toe': np.array([0.0, -8.0, 60.0]),
    'l_hand': np.array([90.0, 0.0, 0.0]), 'r_hand': np.array([-90.0, 0.0, 0.0])}

#: The bones that start at a joint of skeleton.py: bone -> joint.
JOINT_OF_BONE: Final = {
    'pelvis': 'pelvis', 'spine2': 'spine', 'neck': 'neck',
    **{f'{side}_{name}': f'{side}_{name}' for side in 'lr'
       for name in ('hip', 'knee', 'ankle', 'shoulder', 'elbow', 'wrist')}}
