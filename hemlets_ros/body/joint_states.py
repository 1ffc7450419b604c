"""Joint states of `human_chain` that reproduce a measured skeleton exactly.

Joint positions do not determine the twist of a straight limb. If an elbow or a knee is bent by more than
_BENT_RAD, the twist of the limb is such that the bend is a pure rotation about the hinge. A straight limb has
no twist, because noise would determine it. In between, the twist is reduced, and the second joint of the
hinge (`l_r_elbow` ...) takes the remaining angle.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from hemlets_ros.body.human_chain import MOVING
from hemlets_ros.skeleton import JOINT_NAMES

Places = dict[str, np.ndarray]
_STRAIGHT_RAD, _BENT_RAD = np.radians(10.0), np.radians(30.0)
_FACE_MM = 20.0  # a nose nearer to the axis of the head does not determine the yaw
_BACKWARDS_RAD = np.radians(-110.0)  # the yaw of a shoulder wraps here: no arm points back and inwards
_SIDES: Final = {'l': 1, 'r': -1}
#: Position of the head's centre on the line from the neck to the top.
_HEAD_MIDDLE = 2 / 3


@dataclass(frozen=True)
class BodyPose:
    """The skeleton of one image as a pose of the chain."""

    origin_mm: np.ndarray  # (3,) of the link body, camera frame: the midpoint of the hips
    rotation: np.ndarray  # (3, 3), from body to camera frame: columns forward, left, up
    angles_rad: dict[str, float]  # revolute joint -> angle
    places_mm: Places  # link of PLACED -> (3,) in the frame of its parent


def body_pose(joints_mm: np.ndarray) -> BodyPose:
    """The pose of the chain with the joints (18, 3), mm, camera frame (x right, y down, z forward).

    Any finite joints are valid; bones of length 0 point along an axis of their parent.
    """
    camera = _by_name(joints_mm)
    origin = (camera['l_hip'] + camera['r_hip']) / 2
    rotation = _frame(camera['l_hip'] - camera['r_hip'], camera['spine'] - camera['pelvis'])
    in_body = (joints_mm - origin) @ rotation
    at = _by_name(in_body)
    angles: dict[str, float] = {}
    half_hips = _length(at['l_hip'] - at['r_hip']) / 2
    places = {'pelvis': at['pelvis'], 'spine': at['spine'],
              'l_hip': np.array([0, half_hips, 0]), 'r_hip': np.array([0, -half_hips, 0])}
    torso = _trunk(at, angles, places)
    from_torso = _by_name((in_body - (at['l_shoulder'] + at['r_shoulder']) / 2) @ torso)
    _head(from_torso, angles, places)
    for side, sign in _SIDES.items():
        _arm(side, sign, from_torso, angles, places)
        _leg(side, sign, at, angles, places)
    return BodyPose(origin, rotation, angles, places)


def joint_positions(pose: BodyPose, origins_mm: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Joint -> position, rad or m, for a URDF whose links of PLACED are at `origins_mm`, (3,) mm each."""
    positions = {}
    for joint in MOVING:
        if joint.kind == 'revolute':
            positions[joint.name] = pose.angles_rad[joint.name]
        else:
            link, _, axis = joint.name.rpartition('_')
            index = 'xyz'.index(axis)
            positions[joint.name] = float(pose.places_mm[link][index] - origins_mm[link][index]) / 1000
    return positions


def _by_name(joints: np.ndarray) -> Places:
    return dict(zip(JOINT_NAMES, joints, strict=True))


def _trunk(at: Places, angles: dict[str, float], places: Places) -> np.ndarray:
    """Sets waist and torso; returns the (3, 3) rotation from the torso's to the body's frame."""
    shoulders = at['l_shoulder'] - at['r_shoulder']
    middle = (at['l_shoulder'] + at['r_shoulder']) / 2
    height = _length(middle)
    waist = _frame(shoulders, middle, along_up=True)
    angles['y_waist'], angles['r_waist'], angles['waist'] = _zxy(waist)
    across = shoulders @ waist
    angles['r_torso'] = math.atan2(across[2], across[1])
    half = _length(shoulders) / 2
    places['torso'] = np.array([0, 0, height])
    places['l_shoulder'], places['r_shoulder'] = np.array([0, half, 0]), np.array([0, -half, 0])
    torso: np.ndarray = waist @ _about('x', angles['r_torso'])
    return torso


def _head(at: Places, angles: dict[str, float], places: Places) -> None:
    """Sets neck and head, from joints in the torso's frame."""
    neck, top, nose = at['neck'], at['head_top'] - at['neck'], at['nose'] - at['neck']
    up = _unit(top, np.array([0.0, 0, 1]))
    face = nose - (nose @ up) * up
    face = face + max(0.0, _FACE_MM - _length(face)) * np.array([1.0, 0, 0])  # default: the torso's
    head = _frame(_cross(up, face), up, along_up=True)
    angles['r_head'] = math.atan2(head[2, 1], head[1, 1])
    angles['y_head'] = _arcsin(-head[0, 1])
    angles['p_head'] = -math.atan2(head[0, 2], head[0, 0])
    height = _length(top)
    places['mid_shoulder'], places['neck'], places['nose'] = at['mid_shoulder'], neck, nose @ head
    places['head_top'] = np.array([0, 0, height])
    places['head'] = _HEAD_MIDDLE * places['head_top']


def _arm(side: str, sign: int, at: Places, angles: dict[str, float], places: Places) -> None:
    upper, lower = at[f'{side}_elbow'] - at[f'{side}_shoulder'], at[f'{side}_wrist'] - at[f'{side}_elbow']
    swing, yaw, pitch = _swing(upper, sign)
    bend, across, twist = _hinge(swing, lower, 1)
    yaw = (yaw - _BACKWARDS_RAD) % (2 * np.pi) + _BACKWARDS_RAD
    angles[f'{side}_y_shoulder'], angles[f'{side}_p_shoulder'] = yaw, pitch
    angles[f'{side}_r_shoulder'] = yaw + sign * twist
    angles[f'{side}_elbow'], angles[f'{side}_r_elbow'] = bend, sign * across
    places[f'{side}_elbow'] = np.array([0, 0, -_length(upper)])
    places[f'{side}_wrist'] = np.array([0, 0, -_length(lower)])


def _leg(side: str, sign: int, at: Places, angles: dict[str, float], places: Places) -> None:
    upper, lower = at[f'{side}_knee'] - at[f'{side}_hip'], at[f'{side}_ankle'] - at[f'{side}_knee']
    swing, _, _ = _swing(upper, sign)
    bend, across, twist = _hinge(swing, lower, -1)
    yaw, pitch, roll = _zxy(swing @ _about('z', twist))
    angles[f'{side}_y_hip'], angles[f'{side}_p_hip'], angles[f'{side}_r_hip'] = -yaw, sign * pitch, -roll
    angles[f'{side}_knee'], angles[f'{side}_r_knee'] = bend, sign * across
    places[f'{side}_knee'] = np.array([0, 0, -_length(upper)])
    places[f'{side}_ankle'] = np.array([0, 0, -_length(lower)])


def _swing(bone: np.ndarray, sign: int) -> tuple[np.ndarray, float, float]:
    """The shortest rotation (3, 3) from -z (hanging) to a bone, and its yaw and pitch at a shoulder."""
    x, y, z = _unit(bone, np.array([0.0, 0, -1])).tolist()
    azimuth = math.atan2(-sign * x, sign * y) if abs(x) + abs(y) > 0 else 0.0
    pitch = math.atan2(math.hypot(x, y), -z)
    turn = _about('z', azimuth) @ _about('x', sign * pitch) @ _about('z', -azimuth)
    return turn, -sign * azimuth, pitch


def _hinge(swing: np.ndarray, bone: np.ndarray, towards: int) -> tuple[float, float, float]:
    """Flexion of an elbow or knee, angle perpendicular to it, and twist of the upper bone. bone: the lower.

    towards: 1 if it bends forward, -1 if backward.
    """
    x, y, z = (_unit(bone, -swing[:, 2]) @ swing).tolist()
    twist = math.atan2(towards * y, towards * x) if abs(x) + abs(y) > 0 else 0.0
    bent = math.atan2(math.hypot(x, y), -z)
    twist *= min(max((bent - _STRAIGHT_RAD) / (_BENT_RAD - _STRAIGHT_RAD), 0.0), 1.0)
    x, y, z = (x * math.cos(twist) + y * math.sin(twist), y * math.cos(twist) - x * math.sin(twist), z)
    return math.atan2(x, -z), _arcsin(y), twist


def _frame(left: np.ndarray, up: np.ndarray, along_up: bool = False) -> np.ndarray:
    """Axes (3, 3), columns forward, left, up: exactly along `left` (or `up`), and closest to the other."""
    if along_up:
        up = _unit(up, np.array([0.0, 0, 1]))
        left = _unit(left - (left @ up) * up, _cross(up, _least(up)))
    else:
        left = _unit(left, np.array([1.0, 0, 0]))
        up = _unit(up - (up @ left) * left, _cross(left, _least(left)))
    return np.column_stack([_cross(left, up), left, up])


def _cross(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    (a, b, c), (x, y, z) = one.tolist(), other.tolist()
    return np.array([b * z - c * y, c * x - a * z, a * y - b * x])  # several times as fast as numpy's


def _least(vector: np.ndarray) -> np.ndarray:
    """The coordinate axis with the largest angle to a vector."""
    axis: np.ndarray = np.eye(3)[np.abs(vector).argmin()]
    return axis


def _unit(vector: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """The vector scaled to length 1; if its length is 0, `otherwise` scaled to length 1."""
    length = _length(vector)
    if length < 1e-6:
        vector, length = otherwise, _length(otherwise)
    unit: np.ndarray = vector / length
    return unit


def _about(axis: str, angle_rad: float) -> np.ndarray:
    """The rotation matrix (3, 3) about an axis."""
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]] if axis == 'x' else [[c, -s, 0], [s, c, 0], [0, 0, 1]])


def _zxy(turn: np.ndarray) -> tuple[float, float, float]:
    """Angles about z, x and y of a rotation matrix (3, 3) that is Rz Rx Ry."""
    return (math.atan2(-turn[0, 1], turn[1, 1]), _arcsin(turn[2, 1]),
            math.atan2(-turn[2, 0], turn[2, 2]))


def _arcsin(value: float) -> float:
    return math.asin(min(max(value, -1.0), 1.0))


def _length(vector: np.ndarray) -> float:
    return math.sqrt(vector @ vector)
