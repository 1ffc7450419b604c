"""Conversion of people.Body from and to the fields of Skeleton3D."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

import numpy as np
from geometry_msgs.msg import Point, Quaternion, Vector3

from hemlets_ros.body.bones import BONE_COUNT
from hemlets_ros.errors import InputError
from hemlets_ros.msg import Skeleton3D
from hemlets_ros.nodes.quick_messages import joined, message_lists, messages, rows, split
from hemlets_ros.people import Body
from hemlets_ros.skeleton import EXTRA_JOINT_NAMES

#: The names of Body.shape, in the order of `body_shape`.
SHAPE = ('age', 'gender', 'weight', 'muscle', 'proportions')
_LARGEST = 1e6  # metres
_NONE = np.empty((0, 3))


def bodies_to_messages(bodies: Sequence[Body | None], skeletons: Sequence[Skeleton3D]) -> None:
    """Sets the body fields of messages; None leaves them empty."""
    for body, skeleton in zip(bodies, skeletons, strict=True):
        skeleton.body_shape = array('f')
        if body is None:
            skeleton.bone_rotations, skeleton.bone_offsets, skeleton.extra_joints = [], [], []
            skeleton.body_root, skeleton.height = Point(), 0.0
    known = [(body, each) for body, each in zip(bodies, skeletons, strict=True) if body is not None]
    if not known:
        return
    some = [body for body, _ in known]
    rotations = message_lists(Quaternion, 'wxyz', [body.rotations for body in some])
    offsets = message_lists(Vector3, 'xyz', [body.offsets_mm / 1000 for body in some])
    roots = messages(Point, 'xyz', np.array([body.root_mm for body in some]) / 1000)
    extra = message_lists(Point, 'xyz', [
        _NONE if body.extra_joints_mm is None else body.extra_joints_mm / 1000 for body in some])
    for (body, skeleton), *fields in zip(known, rotations, offsets, roots, extra, strict=True):
        skeleton.bone_rotations, skeleton.bone_offsets, skeleton.body_root, skeleton.extra_joints = fields
        skeleton.height = 0.0 if math.isnan(body.height_m) else float(body.height_m)
        if body.shape.keys() >= set(SHAPE):
            skeleton.body_shape = array('f', [body.shape[name] for name in SHAPE])


def bodies_from_messages(skeletons: Sequence[Skeleton3D]) -> list[Body | None]:
    """The body of each message, or None. Raises InputError for wrong lengths and non-finite values."""
    known = {index: each for index, each in enumerate(skeletons) if _has_body(each)}
    bodies: list[Body | None] = [None] * len(skeletons)
    if not known:
        return bodies
    some = list(known.values())
    turns = rows('wxyz', [each.bone_rotations for each in some]).reshape(-1, BONE_COUNT, 4)
    starts = rows('xyz', [each.bone_offsets for each in some]).reshape(-1, BONE_COUNT, 3)
    places = rows('xyz', [[each.body_root for each in some]])
    extra_lists = [getattr(each, 'extra_joints', ()) for each in some]
    extra = rows('xyz', extra_lists)
    heights = np.array([each.height for each in some], float)
    shapes = [np.asarray(each.body_shape, float).tolist() for each in some]
    values = turns, starts, places, extra, heights, joined(shapes)
    if not all((np.abs(each) < _LARGEST).all() for each in values):
        raise InputError('message refused: a body with non-finite or too large values')
    for index, place, turn, start, height, shape, extra_m in zip(
            known, 1000 * places, turns, 1000 * starts, heights.tolist(), shapes,
            split(1000 * extra, extra_lists), strict=True):
        bodies[index] = Body(place, turn, start, height or float('nan'),
                             dict(zip(SHAPE, shape, strict=False)), extra_m if len(extra_m) else None)
    return bodies


def _has_body(skeleton: Skeleton3D) -> bool:
    """Whether a skeleton has a body. Raises InputError for wrong lengths."""
    # Bags are read by the message definition that they contain; old definitions have no body fields.
    rotations, offsets, extra = (len(getattr(skeleton, name, ()))
                                 for name in ('bone_rotations', 'bone_offsets', 'extra_joints'))
    if (rotations, offsets) == (0, 0):
        return False
    if (rotations, offsets) != (BONE_COUNT, BONE_COUNT) or len(skeleton.body_shape) not in (0, len(SHAPE)):
        raise InputError(f'message refused: a body has {rotations} rotations, {offsets} offsets and '
                         f'{len(skeleton.body_shape)} values of shape, not {BONE_COUNT}, {BONE_COUNT} and '
                         f'{len(SHAPE)}')
    if extra not in (0, len(EXTRA_JOINT_NAMES)):
        raise InputError(f'message refused: {extra} extra joints, not {len(EXTRA_JOINT_NAMES)}')
    return True
