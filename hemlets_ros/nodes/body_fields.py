"""Conversion of people.Body from and to the fields of Skeleton3D."""

from __future__ import annotations

import math
from array import array

import numpy as np
from geometry_msgs.msg import Point, Quaternion, Vector3

from hemlets_ros.body.bones import BONE_COUNT
from hemlets_ros.errors import InputError
from hemlets_ros.msg import Skeleton3D
from hemlets_ros.nodes.quick_messages import points, quaternions, rows3d, rows4d
from hemlets_ros.people import Body
from hemlets_ros.skeleton import EXTRA_JOINT_NAMES

#: The names of Body.shape, in the order of `body_shape`.
SHAPE = ('age', 'gender', 'weight', 'muscle', 'proportions')
_LARGEST = 1e6  # metres


def body_to_message(body: Body | None, message: Skeleton3D) -> None:
    """Sets the message's fields of a body; None: as none."""
    message.body_shape = array('f')
    if body is None:
        message.bone_rotations, message.bone_offsets, message.extra_joints = [], [], []
        message.body_root, message.height = Point(), 0.0
        return
    message.bone_rotations = quaternions(Quaternion, body.rotations)
    message.bone_offsets = points(Vector3, body.offsets_mm / 1000)
    message.body_root, = points(Point, body.root_mm[None] / 1000)
    message.height = 0.0 if math.isnan(body.height_m) else float(body.height_m)
    extra_mm = body.extra_joints_mm
    message.extra_joints = [] if extra_mm is None else points(Point, extra_mm / 1000)
    if body.shape.keys() >= set(SHAPE):
        message.body_shape = array('f', [body.shape[name] for name in SHAPE])


def body_from_message(message: Skeleton3D) -> Body | None:
    """None where it has none. Raises InputError for wrong lengths and values that are no numbers."""
    # Bags are read by the definition that they hold: older ones have no such fields.
    rotations, offsets = (getattr(message, name, ()) for name in ('bone_rotations', 'bone_offsets'))
    counts = len(rotations), len(offsets)
    if counts == (0, 0):
        return None
    if counts != (BONE_COUNT, BONE_COUNT) or len(message.body_shape) not in (0, len(SHAPE)):
        raise InputError(f'message refused: a body has {counts[0]} rotations, {counts[1]} offsets and '
                         f'{len(message.body_shape)} values of shape, not {BONE_COUNT}, {BONE_COUNT} and '
                         f'{len(SHAPE)}')
    extra = getattr(message, 'extra_joints', ())
    if len(extra) not in (0, len(EXTRA_JOINT_NAMES)):
        raise InputError(f'message refused: {len(extra)} extra joints, not {len(EXTRA_JOINT_NAMES)}')
    root = message.body_root
    values = [np.array(each, float) for each in (
        rows4d(rotations), rows3d(offsets),
        (root.x, root.y, root.z), message.height, message.body_shape, rows3d(extra))]
    if not all((np.abs(each) < _LARGEST).all() for each in values):
        raise InputError('message refused: a body with non-finite or too large values')
    turns, starts, place, height, shape, extra_m = values
    return Body(1000 * place, turns, 1000 * starts, float(height) or float('nan'),
                dict(zip(SHAPE, shape.tolist(), strict=False)), 1000 * extra_m if len(extra_m) else None)
