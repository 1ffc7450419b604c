"""Rotations of the body from the 18 joints: swing from bone directions, twist from bent limbs.

The hips and the lower trunk determine the pelvis, the shoulders and the upper trunk the chest. The spine
between them bends evenly. The twist of thighs and upper arms is such that knees and elbows bend about their
hinge axes. If a limb is straight, its twist comes from earlier frames in which it was bent (and from later
ones, if all frames are known). Without such frames the twist is zero: the limb has the shortest swing from
the rest pose. The nose determines the yaw of the head. The joints do not determine the twist of forearms,
hands and feet: hands and feet follow forearm and shin.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from hemlets_ros.body.body_lengths import body_offsets
from hemlets_ros.body.bones import BONE_COUNT, BONE_INDEX, REST_ENDS_MM, REST_OFFSETS_MM
from hemlets_ros.body.kinematics import BodyMotion, local_rotations
from hemlets_ros.body.trunk import frames_to, trunk_rotations
from hemlets_ros.body.twist_memory import TwistMemory
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.skeleton import INDEX

_LEFT, _UP, _FORWARD = np.eye(3)
#: Sine of the bend from which the measured twist has full weight. Below it the weight falls with the square.
_FULL_WEIGHT_SINE = float(np.sin(np.radians(35)))
#: Distance of the nose from the head's axis from which it has full weight, relative to the head's length.
_FULL_WEIGHT_NOSE = 0.2


def body_motion(joints_of_18_mm: np.ndarray, stamps_s: np.ndarray | None = None) -> BodyMotion:
    """The body's motion in n frames, in the frame of the joints (right-handed).

    Args:
        joints_of_18_mm: (n, 18, 3) of one person, by skeleton.JOINT_NAMES, all finite.
        stamps_s: (n,) increasing; None: 30 frames a second.
    """
    stamps_s = np.arange(len(joints_of_18_mm)) / 30 if stamps_s is None else stamps_s
    offsets, ends = body_offsets(joints_of_18_mm)
    rotations = body_rotations(joints_of_18_mm, offsets, TwistMemory().over(stamps_s))
    return BodyMotion(joints_of_18_mm[:, INDEX['pelvis']], rotations, offsets, ends)


def body_rotations(joints_of_18_mm: np.ndarray, offsets_mm: np.ndarray,
                   remembered: TwistMemory) -> np.ndarray:
    """Quaternions (n, 24, 4), w x y z, as BodyMotion.rotations; the world is the frame of the joints.

    Args:
        joints_of_18_mm: (n, 18, 3).
        offsets_mm: (24, 3) of `body_offsets`.
        remembered: gives the twist of straight limbs. For a live stream, call with one frame at a time and
            the same memory.
    """
    at = {name: np.asarray(joints_of_18_mm[:, index], float) for name, index in INDEX.items()}
    world = np.tile(quat.IDENTITY, (len(joints_of_18_mm), BONE_COUNT, 1))
    pelvis, chest = trunk_rotations(joints_of_18_mm)
    world[:, BONE_INDEX['pelvis']] = pelvis
    for share, bone in ((1 / 3, 'spine1'), (2 / 3, 'spine2'), (1.0, 'spine3')):  # the spine bends evenly
        world[:, BONE_INDEX[bone]] = quat.between(pelvis, chest, share)
    neck = _swing_spine(world, at, offsets_mm)
    _turn_head(world, at)
    _turn_clavicles(world, at, offsets_mm, neck)
    for side, hinge in (('l', -_UP), ('r', _UP)):
        # The swing of the arms is relative to the chest: clavicles only set the position of the shoulders.
        _turn_limb(world, at, f'{side}_shoulder', 'spine3', hinge, remembered)
        _turn_limb(world, at, f'{side}_hip', 'pelvis', _LEFT, remembered)
    return quat.continuous(local_rotations(world))


def _swing_spine(world: np.ndarray, at: dict[str, np.ndarray], offsets_mm: np.ndarray) -> np.ndarray:
    """Swings the spine as a whole towards the measured neck; returns the resulting neck (n, 3)."""
    start = at['pelvis'] + quat.rotate(world[:, 0], offsets_mm[BONE_INDEX['spine1']])
    along = np.sum([quat.rotate(world[:, BONE_INDEX[carrier]], offsets_mm[BONE_INDEX[bone]]) for carrier, bone
                    in (('spine1', 'spine2'), ('spine2', 'spine3'), ('spine3', 'neck'))], axis=0)
    swing = quat.shortest(along, at['neck'] - start)
    for bone in ('spine1', 'spine2', 'spine3'):
        world[:, BONE_INDEX[bone]] = quat.multiply(swing, world[:, BONE_INDEX[bone]])
    result: np.ndarray = start + quat.rotate(swing, along)
    return result


def _turn_head(world: np.ndarray, at: dict[str, np.ndarray]) -> None:
    """Sets the head: up is from neck to head top, forward is to the nose. The neck turns by half of it."""
    chest = world[:, BONE_INDEX['spine3']]
    up, nose = at['head_top'] - at['neck'], at['nose'] - at['neck']
    length = np.maximum(np.linalg.norm(up, axis=1, keepdims=True), 1e-9)
    ahead = nose - np.sum(nose * up, axis=1, keepdims=True) / length ** 2 * up
    share = np.clip(np.linalg.norm(ahead, axis=1, keepdims=True) / (_FULL_WEIGHT_NOSE * length), 0, 1)
    ahead = share * quat.unit(ahead) + (1 - share) * quat.rotate(chest, _FORWARD)
    head = frames_to(up, ahead, REST_OFFSETS_MM[BONE_INDEX['head']] + REST_ENDS_MM['head'], _FORWARD)
    world[:, BONE_INDEX['head']] = head
    world[:, BONE_INDEX['neck']] = quat.between(chest, head, 0.5)


def _turn_clavicles(world: np.ndarray, at: dict[str, np.ndarray], offsets_mm: np.ndarray,
                    neck: np.ndarray) -> None:
    chest = world[:, BONE_INDEX['spine3']]
    base = neck - quat.rotate(chest, offsets_mm[BONE_INDEX['neck']])
    for side in 'lr':
        bone = BONE_INDEX[f'{side}_clavicle']
        start = base + quat.rotate(chest, offsets_mm[bone])
        rest = quat.rotate(chest, offsets_mm[BONE_INDEX[f'{side}_shoulder']])
        world[:, bone] = quat.multiply(quat.shortest(rest, at[f'{side}_shoulder'] - start), chest)


def _turn_limb(world: np.ndarray, at: dict[str, np.ndarray], limb: str, carrier: str, hinge: np.ndarray,
               remembered: TwistMemory) -> None:
    """Sets an arm or leg; hand or foot follow the lower part. hinge: (3,) flexion axis in the rest pose."""
    side, chain = limb[:2], _CHAINS[limb[2:]]
    start, middle, end = (at[side + joint] for joint in chain[:3])
    upper, lower = quat.unit(middle - start), quat.unit(end - middle)
    rest_upper, rest_lower = (quat.unit(REST_OFFSETS_MM[BONE_INDEX[side + joint]]) for joint in chain[1:3])
    carried = world[:, BONE_INDEX[carrier]]
    swung = quat.multiply(quat.shortest(quat.rotate(carried, rest_upper), upper), carried)
    twist_rad = _bending_twist(upper, lower, quat.rotate(swung, hinge), float(rest_lower @ hinge))
    weight = np.clip(np.linalg.norm(quat.cross(upper, lower), axis=1) / _FULL_WEIGHT_SINE, 0, 1) ** 2
    if limb.endswith('hip'):  # noise can bend straight knees backwards
        weight = weight * (np.cos(twist_rad) > _WRONG_WAY)
    first = quat.multiply(quat.about(upper, remembered(limb, twist_rad, weight)), swung)
    world[:, BONE_INDEX[limb]] = first
    second = frames_to(lower, quat.rotate(first, hinge), rest_lower, hinge)
    for bone in chain[1:]:
        world[:, BONE_INDEX[side + bone]] = second


def _bending_twist(upper: np.ndarray, lower: np.ndarray, hinge: np.ndarray, aside: float) -> np.ndarray:
    """Twist (n,), rad, about `upper` (n, 3) after which a turn about the hinge (n, 3) gives `lower` (n, 3).

    Solves lower . hinge(twist) = aside, for the solution that bends in the positive direction of the hinge.
    aside: component of the lower part along the hinge in the rest pose; the parts need not be perpendicular
    to the hinge.
    """
    along = np.sum(upper * hinge, axis=1, keepdims=True) * upper
    cosine_part, sine_part = (np.sum(lower * part, axis=1) for part in (
        hinge - along, quat.cross(upper, hinge - along)))
    reach = np.maximum(np.hypot(cosine_part, sine_part), 1e-9)
    rest = np.arccos(np.clip((aside - np.sum(lower * along, axis=1)) / reach, -1, 1))
    return np.asarray(np.angle(np.exp(1j * (np.arctan2(sine_part, cosine_part) + rest))))


_CHAINS: Final = {'shoulder': ('shoulder', 'elbow', 'wrist', 'hand'), 'hip': ('hip', 'knee', 'ankle', 'toe')}
#: The twist of a knee is ignored if its cosine is below this.
_WRONG_WAY = -0.2
