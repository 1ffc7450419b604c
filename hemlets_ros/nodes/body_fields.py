"""A person's body (people.Body) in Skeleton3D, and out of it."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import Point, Quaternion, Vector3

from hemlets_ros.body.bones import BONE_COUNT
from hemlets_ros.errors import InputError
from hemlets_ros.msg import Skeleton3D
from hemlets_ros.people import Body
from hemlets_ros.skeleton import EXTRA_JOINT_NAMES

#: The names of Body.shape, in the order of `body_shape`.
SHAPE = ('age', 'gender', 'weight', 'muscle', 'proportions')
_LARGEST = 1e6  # metres


def body_to_message(body: Body, message: Skeleton3D) -> None:
    """Fills the message's fields of a body."""
    message.bone_rotations = [Quaternion(w=w, x=x, y=y, z=z) for w, x, y, z in body.rotations.tolist()]
    message.bone_offsets = [Vector3(x=x, y=y, z=z) for x, y, z in (body.offsets_mm / 1000).tolist()]
    x, y, z = (body.root_mm / 1000).tolist()
    message.body_root = Point(x=x, y=y, z=z)
    message.height = float(np.nan_to_num(body.height_m))
    if body.extra_joints_mm is not None:
        message.extra_joints = [Point(x=x, y=y, z=z) for x, y, z in (body.extra_joints_mm / 1000).tolist()]
    if body.shape.keys() >= set(SHAPE):
        message.body_shape = np.array([body.shape[name] for name in SHAPE], np.float32)


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
        [(q.w, q.x, q.y, q.z) for q in rotations],
        [(v.x, v.y, v.z) for v in offsets],
        (root.x, root.y, root.z), message.height, message.body_shape,
        [(p.x, p.y, p.z) for p in extra])]
    if not all((np.abs(each) < _LARGEST).all() for each in values):
        raise InputError('message refused: a body with values that are no numbers, or too large')
    turns, starts, place, height, shape, points = values
    return Body(1000 * place, turns, 1000 * starts, float(height) or float('nan'),
                dict(zip(SHAPE, shape.tolist(), strict=False)), 1000 * points if len(points) else None)
