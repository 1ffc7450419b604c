"""Rotations of the body from our 18 joints: swings from directions, twists from how limbs bend.

The pelvis is turned as the hips and the lower trunk, the chest as shoulders and upper trunk; the spine
between them bends evenly. Thighs and upper arms twist so that knees and elbows bend about their hinges; where
a limb is straight, bends of it before (and, where all frames are known, after) tell, and, where there are
none, it is turned as if swung from rest by the shortest way. The head looks where the nose is. Joints do not
tell the twists of forearms, hands and feet: these follow forearm and shin.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from hemlets_ros.body import quaternions as quat
from hemlets_ros.body.body_lengths import body_offsets
from hemlets_ros.body.bones import BONE_COUNT, BONE_INDEX
from hemlets_ros.body.kinematics import BodyMotion, local_rotations
from hemlets_ros.body.twist_memory import TwistMemory
from hemlets_ros.skeleton import INDEX

_LEFT, _UP, _FORWARD = np.eye(3)
#: How far lines of an upright body lean forward in our joints, degrees: pelvis to spine, spine to neck, neck
#: to the head's top.
LEAN_DEG: Final = {'lower': -4.5, 'upper': -4.5, 'head': 12.0}
#: Limbs that bend by less do not tell all about their twist; by half of it, a quarter.
_TELLING_SINE = float(np.sin(np.radians(35)))
#: A nose that is less far from the line through the head does not tell where it looks, share of the head.
_TELLING_NOSE = 0.1
LIMBS: Final = ('l_shoulder', 'r_shoulder', 'l_hip', 'r_hip')


def body_motion(joints_of_18_mm: np.ndarray, stamps_s: np.ndarray | None = None) -> BodyMotion:
    """The body's motion in n frames, in the frame of the joints (right-handed).

    Args:
        joints_of_18_mm: (n, 18, 3) of one person, by skeleton.JOINT_NAMES, all finite.
        stamps_s: (n,) increasing; None: 30 frames a second.
    """
    stamps_s = np.arange(len(joints_of_18_mm)) / 30 if stamps_s is None else stamps_s
    offsets, ends = body_offsets(joints_of_18_mm)
    rotations = body_rotations(joints_of_18_mm, offsets, TwistMemory(LIMBS).over(stamps_s))
    return BodyMotion(joints_of_18_mm[:, INDEX['pelvis']], rotations, offsets, ends)


def body_rotations(joints_of_18_mm: np.ndarray, offsets_mm: np.ndarray,
                   remembered: TwistMemory) -> np.ndarray:
    """Quaternions (n, 24, 4), w x y z, as BodyMotion.rotations; the world is the frame of the joints.

    Args:
        joints_of_18_mm: (n, 18, 3).
        offsets_mm: (24, 3) the body, of `body_offsets`.
        remembered: completes what straight limbs do not tell; call with one frame at a time and the same
            memory for a live stream.
    """
    at = {name: np.asarray(joints_of_18_mm[:, index], float) for name, index in INDEX.items()}
    world = np.tile(quat.IDENTITY, (len(joints_of_18_mm), BONE_COUNT, 1))
    _turn_trunk(world, at)
    neck = _swing_spine(world, at, offsets_mm)
    _turn_head(world, at)
    _turn_clavicles(world, at, offsets_mm, neck)
    for limb, parent, chain, out, hinge in (
            ('l_shoulder', 'l_clavicle', ('l_shoulder', 'l_elbow', 'l_wrist'), _LEFT, -_UP),
            ('r_shoulder', 'r_clavicle', ('r_shoulder', 'r_elbow', 'r_wrist'), -_LEFT, _UP),
            ('l_hip', 'pelvis', ('l_hip', 'l_knee', 'l_ankle'), -_UP, _LEFT),
            ('r_hip', 'pelvis', ('r_hip', 'r_knee', 'r_ankle'), -_UP, _LEFT)):
        start, middle, end = (at[joint] for joint in chain)
        upper, lower = quat.unit(middle - start), quat.unit(end - middle)
        # Arms start from the chest's rest: clavicles only help the shoulders to their places.
        carrier = world[:, BONE_INDEX['spine3' if 'shoulder' in limb else parent]]
        first, second = _limb(limb, carrier, upper, lower, out, hinge, remembered)
        world[:, BONE_INDEX[chain[0]]] = first
        for bone in _CARRIED[limb]:
            world[:, BONE_INDEX[bone]] = second
    return quat.continuous(local_rotations(world))


_CARRIED: Final = {
    f'{side}_{start}': [f'{side}_{name}' for name in names]
    for side in 'lr' for start, names in (('shoulder', ('elbow', 'wrist', 'hand')),
                                          ('hip', ('knee', 'ankle', 'toe')))}


def _frames(first: np.ndarray, second: np.ndarray, rest_first: np.ndarray,
            rest_second: np.ndarray) -> np.ndarray:
    """(n, 4) that turn the rest's first direction to `first` (n, 3), and its second one near `second`."""
    return quat.multiply(_spanned(first, second), quat.inverse(_spanned(rest_first, rest_second)))


def _spanned(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    first = quat.unit(first)
    second = quat.unit(second - np.sum(second * first, axis=-1, keepdims=True) * first)
    return quat.from_matrix(np.stack([first, second, np.cross(first, second)], axis=-1))


def _leaning(degrees: float) -> np.ndarray:
    return np.array([0.0, np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])


def _turn_trunk(world: np.ndarray, at: dict[str, np.ndarray]) -> None:
    """Pelvis and chest; the two vertebrae between them bend evenly."""
    pelvis = _frames(at['l_hip'] - at['r_hip'], at['spine'] - at['pelvis'],
                     _LEFT, _leaning(LEAN_DEG['lower']))
    chest = _frames(at['neck'] - at['spine'], at['l_shoulder'] - at['r_shoulder'],
                    _leaning(LEAN_DEG['upper']), _LEFT)
    world[:, BONE_INDEX['pelvis']] = pelvis
    for share, bone in ((1 / 3, 'spine1'), (2 / 3, 'spine2'), (1.0, 'spine3')):
        world[:, BONE_INDEX[bone]] = quat.between(pelvis, chest, share)


def _swing_spine(world: np.ndarray, at: dict[str, np.ndarray], offsets_mm: np.ndarray) -> np.ndarray:
    """Swings the spine as a whole so that the neck lies where it was seen; returns where it lies, (n, 3)."""
    start = at['pelvis'] + quat.rotate(world[:, 0], offsets_mm[BONE_INDEX['spine1']])
    along = np.sum([quat.rotate(world[:, BONE_INDEX[carrier]], offsets_mm[BONE_INDEX[bone]]) for carrier, bone
                    in (('spine1', 'spine2'), ('spine2', 'spine3'), ('spine3', 'neck'))], axis=0)
    swing = quat.shortest(along, at['neck'] - start)
    for bone in ('spine1', 'spine2', 'spine3'):
        world[:, BONE_INDEX[bone]] = quat.multiply(swing, world[:, BONE_INDEX[bone]])
    result: np.ndarray = start + quat.rotate(swing, along)
    return result


def _turn_head(world: np.ndarray, at: dict[str, np.ndarray]) -> None:
    chest = world[:, BONE_INDEX['spine3']]
    up = at['head_top'] - at['neck']
    length = np.linalg.norm(up, axis=1, keepdims=True)
    nose = at['nose'] - at['neck']
    ahead = nose - np.sum(nose * up, axis=1, keepdims=True) / np.maximum(length, 1e-9) ** 2 * up
    share = np.clip(np.linalg.norm(ahead, axis=1, keepdims=True)
                    / np.maximum(_TELLING_NOSE * length, 1e-9), 0, 1)
    ahead = share * quat.unit(ahead) + (1 - share) * quat.rotate(chest, _FORWARD)
    head = _frames(up, ahead, _leaning(LEAN_DEG['head']), _FORWARD)
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


def _limb(name: str, carrier: np.ndarray, upper: np.ndarray, lower: np.ndarray, out: np.ndarray,
          hinge: np.ndarray, remembered: TwistMemory) -> tuple[np.ndarray, np.ndarray]:
    """World rotations (n, 4) of the upper and the lower part of an arm or leg.

    out, hinge: (3,) where the limb points at rest, and what it bends about.
    """
    guess = quat.multiply(quat.shortest(quat.rotate(carrier, out), upper), carrier)
    axis = np.cross(upper, lower)
    sine = np.linalg.norm(axis, axis=1)
    straight = quat.rotate(guess, hinge)  # the hinge, if nothing but the swing is known
    beside = np.cross(upper, straight)
    twist_rad = np.arctan2(np.sum(axis * beside, axis=1), np.sum(axis * straight, axis=1))
    telling = np.clip(sine / _TELLING_SINE, 0, 1) ** 2
    if name.endswith('hip'):  # noise bends straight knees the wrong way
        telling = telling * np.clip(1.5 + np.cos(twist_rad), 0, 1) * (np.cos(twist_rad) > -0.2)
    twist_rad = remembered(name, twist_rad, telling)
    first = quat.multiply(quat.about(upper, twist_rad), guess)
    turned_hinge = quat.rotate(first, hinge)
    return first, _frames(lower, turned_hinge, out, hinge)
