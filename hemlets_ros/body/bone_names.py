"""Names of the 24 bones in other skeletons.

| set | source and use |
|---|---|
| mixamo | Adobe Mixamo's rigs; without the prefix, HumanIK's names (MotionBuilder, Unity, Blender add-ons) |
| lafan1 | Ubisoft's LAFAN1 (BVH), which GMR reads |
| smplx | the first 22 joints of SMPL-X (23 and 24: SMPL) |
| soma | NVIDIA's SOMA (BVH), which soma-retargeter reads |
| h36m | the 32 joints of Human3.6M's skeleton |
"""

from __future__ import annotations

from typing import Final

from hemlets_ros.body.bones import BONE_NAMES
from hemlets_ros.errors import SettingsError

#: Bone without its side -> (mixamo, lafan1, smplx, soma, h36m); {} is the side. Empty: not in that set.
_TABLE: Final = {
    'pelvis': ('mixamorig:Hips', 'Hips', 'pelvis', 'Hips', 'Hips'),
    'hip': ('mixamorig:{}UpLeg', '{}UpLeg', '{}_hip', '{}Leg', '{}UpLeg'),
    'spine1': ('mixamorig:Spine', 'Spine', 'spine1', 'Spine1', 'Spine'),
    'knee': ('mixamorig:{}Leg', '{}Leg', '{}_knee', '{}Shin', '{}Leg'),
    'spine2': ('mixamorig:Spine1', 'Spine1', 'spine2', 'Spine2', 'Spine1'),
    'ankle': ('mixamorig:{}Foot', '{}Foot', '{}_ankle', '{}Foot', '{}Foot'),
    'spine3': ('mixamorig:Spine2', 'Spine2', 'spine3', 'Chest', ''),
    'toe': ('mixamorig:{}ToeBase', '{}Toe', '{}_foot', '{}ToeBase', '{}ToeBase'),
    'neck': ('mixamorig:Neck', 'Neck', 'neck', 'Neck1', 'Neck'),
    'clavicle': ('mixamorig:{}Shoulder', '{}Shoulder', '{}_collar', '{}Shoulder', '{}Shoulder'),
    'head': ('mixamorig:Head', 'Head', 'head', 'Head', 'Head'),
    'shoulder': ('mixamorig:{}Arm', '{}Arm', '{}_shoulder', '{}Arm', '{}Arm'),
    'elbow': ('mixamorig:{}ForeArm', '{}ForeArm', '{}_elbow', '{}ForeArm', '{}ForeArm'),
    'wrist': ('mixamorig:{}Hand', '{}Hand', '{}_wrist', '{}Hand', '{}Hand'),
    'hand': ('mixamorig:{}HandMiddle1', '', '{}_hand', '{}HandMiddle1', '')}
_COLUMNS: Final = ('mixamo', 'lafan1', 'smplx', 'soma', 'h36m')
NAME_SETS: Final = ('hemlets', *_COLUMNS)


def names_in(name_set: str) -> dict[str, str]:
    """Bone -> its name in one of NAME_SETS, in the order of BONE_NAMES, without bones that the set lacks.

    Raises SettingsError for an unknown set.
    """
    if name_set not in NAME_SETS:
        raise SettingsError(f'no names of {name_set}; there are {", ".join(NAME_SETS)}')
    if name_set == 'hemlets':
        return {bone: bone for bone in BONE_NAMES}
    column = _COLUMNS.index(name_set)
    words = {'l': 'left', 'r': 'right'} if name_set == 'smplx' else {'l': 'Left', 'r': 'Right'}
    found = {}
    for bone in BONE_NAMES:
        side, stem = (bone[0], bone[2:]) if bone[:2] in ('l_', 'r_') else ('', bone)
        if name := _TABLE[stem][column]:
            found[bone] = name.format(words.get(side, ''))
    return found
