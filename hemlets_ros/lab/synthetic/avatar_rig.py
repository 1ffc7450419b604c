"""Maps an avatar's skeleton to the bone names of `Rig`, and its joints to the joint definition of anny."""

from __future__ import annotations

import numpy as np

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.synthetic.anatomy import Anatomy
from hemlets_ros.lab.synthetic.avatar_file import Avatar, Part
from hemlets_ros.lab.synthetic.rig import Rig

_FINGERS = {2: 'Index', 3: 'Middle', 4: 'Ring', 5: 'Pinky'}
#: Distance between anny's hips (shoulders), divided by that of avatars of the same height.
_SPREAD = {'hip': 1.33, 'shoulder': 1.04}
#: Position of anny's joint `spine` from the hips (0) to the shoulders (1), and how much further forward it
#: is than in avatars, as a share of the body height.
_SPINE, _SPINE_FORWARD = 0.42, 0.007
#: Height of the hips, as a share of the body height, in anny and in avatars with tight clothes. In avatars
#: with coats or wide trousers, the hip joints are up to 0.06 too low.
_HIPS = 0.533


def _limbs(side: str) -> dict[str, tuple[str, str]]:
    """Bones of one side -> their parent bone and the joint at which they start."""
    word = {'L': 'Left', 'R': 'Right'}[side]
    bones = {'upperleg01': ('root', 'UpLeg'), 'upperleg02': ('upperleg01', 'UpLeg'),
             'lowerleg01': ('upperleg02', 'Leg'), 'lowerleg02': ('lowerleg01', 'Leg'),
             'foot': ('lowerleg02', 'Foot'), 'clavicle': ('spine01', 'Shoulder'),
             'shoulder01': ('clavicle', 'Arm'), 'upperarm01': ('shoulder01', 'Arm'),
             'upperarm02': ('upperarm01', 'Arm'), 'lowerarm01': ('upperarm02', 'ForeArm'),
             'lowerarm02': ('lowerarm01', 'ForeArm'), 'wrist': ('lowerarm02', 'Hand'), 'eye': ('head', 'Eye')}
    for finger, name in _FINGERS.items():
        for joint in (1, 2, 3):
            parent = f'finger{finger}-{joint - 1}' if joint > 1 else 'wrist'
            bones[f'finger{finger}-{joint}'] = (parent, f'Hand{name}{joint}')
    middle = ('root', 'spine01', 'head')
    return {f'{bone}.{side}': (parent if parent in middle else f'{parent}.{side}', word + joint)
            for bone, (parent, joint) in bones.items()}


_TRUNK = {'root': ('', 'Hips'), 'spine05': ('root', 'Hips'), 'spine04': ('spine05', 'Spine'),
          'spine03': ('spine04', 'Spine1'), 'spine02': ('spine03', 'Spine1'),
          'spine01': ('spine02', 'Spine2'),
          'neck01': ('spine01', 'Neck'), 'neck02': ('neck01', 'Neck'), 'neck03': ('neck02', 'Head'),
          'head': ('neck03', 'Head')}
_BONES = _TRUNK | _limbs('L') | _limbs('R')
_NAMES = list(_BONES)
_INDEX = {name: number for number, name in enumerate(_NAMES)}
#: Joint -> the bone that moves the vertices of the joint. At some joints, several bones start.
_CARRIER = {joint: bone for bone, (_, joint) in _BONES.items()} | {
    'Hips': 'root', 'Spine1': 'spine03', 'Neck': 'neck02', 'Head': 'head'} | {
    f'{word}{joint}': f'{bone}.{word[0]}' for word in ('Left', 'Right')
    for joint, bone in (('UpLeg', 'upperleg01'), ('Leg', 'lowerleg01'), ('Arm', 'upperarm01'),
                        ('ForeArm', 'lowerarm02'))}


class AvatarRig(Rig):
    """The rig of avatars. Their rest pose is the T-pose: arms level, palms down."""

    rest_rise_rad = 0.0

    def __init__(self) -> None:
        super().__init__(_NAMES, [_INDEX.get(parent, -1) for parent, _ in _BONES.values()])

    def elbow_axis(self, upper: np.ndarray, lower: np.ndarray, sign: float) -> np.ndarray:
        """Vertical, because the straight arms of the rest pose do not determine the axis."""
        return np.array([0.0, 0.0, -sign])


def bone_heads(avatar: Avatar) -> np.ndarray:
    """Start points (bones, 3) of the rig's bones, metres. Raises SourceError if a joint is missing."""
    missing = {joint for _, joint in _BONES.values()} - avatar.joints.keys()
    if missing:
        raise SourceError(f'avatar {avatar.name} lacks the joints {", ".join(sorted(missing))}')
    heads = np.stack([avatar.joints[joint] for _, joint in _BONES.values()]).astype(float)
    height = float(avatar.parts[0].vertices[:, 2].max())
    hips, shoulders, spine = ([_INDEX[name] for name in names] for names in (
        [f'upperleg{number}.{side}' for number in ('01', '02') for side in 'LR'],
        ('upperarm01.L', 'upperarm01.R'), ('spine02', 'spine03')))
    heads[hips, 2] = _HIPS * height
    heads[spine, 2] = (1 - _SPINE) * _HIPS * height + _SPINE * heads[shoulders, 2].mean()
    heads[spine, 1] -= _SPINE_FORWARD * height
    return heads


def bone_weights(avatar: Avatar, part: Part) -> np.ndarray:
    """Skinning weights (n, bones) float32 of the vertices for the rig's bones."""
    carriers = np.array([_INDEX[_carrier(name)] for name in avatar.joints])
    weights = np.zeros((len(part.vertices), len(_NAMES)), np.float32)
    np.add.at(weights, (np.arange(len(weights))[:, None], carriers[part.joints]), part.weights)
    for side, word in (('L', 'Left'), ('R', 'Right')):  # the twist of a forearm grows along its length
        start, end = avatar.joints[f'{word}ForeArm'], avatar.joints[f'{word}Hand']
        share = np.clip((part.vertices - start) @ (end - start) / ((end - start) @ (end - start)), 0, 1)
        first, second = _INDEX[f'lowerarm01.{side}'], _INDEX[f'lowerarm02.{side}']
        weights[:, first] = (1 - share) * weights[:, second]
        weights[:, second] *= share
    return weights


def _carrier(joint: str) -> str:
    """The bone that moves the vertices of a joint; toes and thumbs belong to foot and hand."""
    if joint in _CARRIER:
        return _CARRIER[joint]
    side = 'L' if joint.startswith('Left') else 'R'
    for word, bone in (('Toe', f'foot.{side}'), ('Thumb', f'wrist.{side}'), ('FingerBase', f'wrist.{side}'),
                       ('Hand', f'finger{_finger(joint)}-3.{side}'), ('Head', 'head')):
        if word in joint:
            return bone
    raise SourceError(f'unknown joint {joint} of an avatar')


def _finger(joint: str) -> int:
    return next((number for number, name in _FINGERS.items() if name in joint), 2)


def anatomy_of(avatar: Avatar, heads: np.ndarray) -> Anatomy:
    """The anatomy of an avatar, from which joints are computed."""
    body = avatar.parts[0]
    followed = np.array(list(avatar.joints))[body.joints[np.arange(len(body.joints)),
                                                         body.weights.argmax(axis=1)]]
    head = body.vertices[np.isin(followed, ['Head', 'HeadEnd'])]
    if not len(head):
        raise SourceError(f'avatar {avatar.name} has no head')
    middle = head[abs(head[:, 0]) < 0.012]
    middle = middle if len(middle) else head
    ears = np.array([head[head[:, 0].argmax()], head[head[:, 0].argmin()]])
    landmarks = np.stack([middle[middle[:, 2].argmax()], middle[middle[:, 1].argmin()], *ears])
    return Anatomy(heads, landmarks, _SPREAD)
