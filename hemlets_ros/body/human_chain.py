"""The links and joints of a human body by REP-155, with the names and axes of its package human_description.

Link frames have x forward, y to the person's left, z up when the person stands with hanging arms. A limb lies
along -z of its link. REP-155 has fewer degrees of freedom than a measured skeleton. This chain adds two
rotations of the waist, one rotation in each elbow and knee, and prismatic joints. The position of a prismatic
joint `<link>_x`, `_y` or `_z` is the offset of the link in this image from its origin in the person's URDF.

`r_`, `p_` and `y_` before a name are roll, pitch and yaw (about x, y, z) as in human_description; `l_` and
`r_` before that are the person's left and right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

#: The root link, at the midpoint of the hips.
ROOT_LINK: Final = 'body'
_TURN = np.pi
_WIDE = 2.5 * np.pi  # limit for sums of two angles
_X, _Y, _Z = (1, 0, 0), (0, 1, 0), (0, 0, 1)


@dataclass(frozen=True)
class ChainJoint:
    """A joint and its child link. In messages and URDFs all names end in _<body id>."""

    name: str
    kind: str  # revolute, prismatic or fixed, as in URDF
    parent: str
    child: str
    axis: tuple[int, int, int] = _Z
    #: rad; m for prismatic joints
    lower: float = -_TURN
    upper: float = _TURN
    #: The link whose position in the parent's frame is the origin of the joint; empty: the parent's origin.
    placed: str = ''


_REACH_M = 1.0


def _slides(link: str, parent: str, axes: str) -> list[ChainJoint]:
    """Prismatic joints of a link; the first has the link's position as its origin."""
    joints, last = [], parent
    for axis in axes:
        name = f'{link}_{axis}'
        joints.append(ChainJoint(
            name, 'prismatic', last, link if axis == axes[-1] else name, {'x': _X, 'y': _Y, 'z': _Z}[axis],
            -_REACH_M, _REACH_M, link if last == parent else ''))
        last = name
    return joints


def _arm(side: str, sign: int) -> list[ChainJoint]:
    upper, elbow = f'{side}_shoulder', f'{side}_elbow'
    return [
        ChainJoint(f'{upper}_y', 'prismatic', 'torso', f'{upper}_y', _Y, -_REACH_M, _REACH_M, upper),
        ChainJoint(f'{side}_y_shoulder', 'revolute', f'{upper}_y', f'{side}_y_shoulder', (0, 0, -sign),
                   -_TURN, _WIDE),
        ChainJoint(f'{side}_p_shoulder', 'revolute', f'{side}_y_shoulder', f'{side}_p_shoulder',
                   (sign, 0, 0)),
        ChainJoint(f'{side}_r_shoulder', 'revolute', f'{side}_p_shoulder', upper, (0, 0, sign),
                   -_WIDE, _WIDE),
        *_hinge(elbow, upper, (0, -1, 0), f'{side}_p_elbow', f'{side}_r_elbow', sign),
        *_slides(f'{side}_wrist', elbow, 'z')]


def _leg(side: str, sign: int) -> list[ChainJoint]:
    upper, knee = f'{side}_hip', f'{side}_knee'
    return [
        ChainJoint(f'{upper}_y', 'prismatic', ROOT_LINK, f'{upper}_y', _Y, -_REACH_M, _REACH_M, upper),
        # Not mirrored, as in human_description: positive turns both legs clockwise, seen from above.
        ChainJoint(f'{side}_y_hip', 'revolute', f'{upper}_y', f'{side}_y_hip', (0, 0, -1)),
        ChainJoint(f'{side}_p_hip', 'revolute', f'{side}_y_hip', f'{side}_p_hip', (sign, 0, 0)),
        ChainJoint(f'{side}_r_hip', 'revolute', f'{side}_p_hip', upper, (0, -1, 0)),
        *_hinge(knee, upper, (0, -1, 0), f'{side}_p_knee', f'{side}_r_knee', sign),
        *_slides(f'{side}_ankle', knee, 'z')]


def _hinge(link: str, parent: str, axis: tuple[int, int, int], bent: str, across: str,
           sign: int) -> list[ChainJoint]:
    """Elbow or knee: the flexion joint has the link's name; a second joint turns perpendicular to it."""
    return [
        ChainJoint(f'{link}_z', 'prismatic', parent, f'{link}_z', _Z, -_REACH_M, _REACH_M, link),
        ChainJoint(link, 'revolute', f'{link}_z', bent, axis),
        ChainJoint(across, 'revolute', bent, link, (sign, 0, 0))]


#: All joints, parents before their children.
CHAIN: Final = (
    *_slides('pelvis', ROOT_LINK, 'xyz'),
    *_slides('spine', ROOT_LINK, 'xyz'),
    ChainJoint('y_waist', 'revolute', ROOT_LINK, 'y_waist', _Z),
    ChainJoint('r_waist', 'revolute', 'y_waist', 'r_waist', _X),
    ChainJoint('waist', 'revolute', 'r_waist', 'waist', _Y),
    ChainJoint('torso_z', 'prismatic', 'waist', 'torso_z', _Z, -_REACH_M, _REACH_M, 'torso'),
    ChainJoint('r_torso', 'revolute', 'torso_z', 'torso', _X),
    *_slides('mid_shoulder', 'torso', 'xyz'),
    *_slides('neck', 'torso', 'xyz'),
    ChainJoint('r_head', 'revolute', 'neck', 'r_head', _X),
    ChainJoint('y_head', 'revolute', 'r_head', 'y_head', _Z),
    ChainJoint('p_head', 'revolute', 'y_head', 'p_head', (0, -1, 0)),
    ChainJoint('head', 'fixed', 'p_head', 'head', placed='head'),
    *_slides('nose', 'p_head', 'xyz'),
    *_slides('head_top', 'p_head', 'z'),
    *_arm('l', 1), *_arm('r', -1), *_leg('l', 1), *_leg('r', -1))

#: All links, parents before their children.
LINKS: Final = (ROOT_LINK, *(joint.child for joint in CHAIN))
#: Links whose position in the parent's frame depends on the person.
PLACED: Final = tuple(joint.placed for joint in CHAIN if joint.placed)
#: The joints that JointState messages contain.
MOVING: Final = tuple(joint for joint in CHAIN if joint.kind != 'fixed')
