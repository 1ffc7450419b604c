"""Joints as TF frames and ids of bodies, named as in REP-155, and the pose of the camera in the map."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from geometry_msgs.msg import Quaternion, Transform, TransformStamped, Vector3
from std_msgs.msg import Header

from hemlets_ros.geometry.camera_pose import parse_pose
from hemlets_ros.people import Frame
from hemlets_ros.skeleton import JOINT_NAMES, ROOT

MAP = 'map'
#: Of an optical frame (x right, y down, z forward) in a body frame (x forward, y left, z up), REP-103.
_OPTICAL_XYZW = (-0.5, 0.5, -0.5, 0.5)


def joint_frames(frame: Frame, header: Header, tf2_msgs: ModuleType) -> Any:
    """A tf2_msgs/TFMessage: body_<id> at the pelvis, axes of the camera frame, and <joint>_<id> under it.

    People who are not tracked (yet), with negative ids, get none.
    """
    transforms = []
    for person in frame.people:
        if person.id < 0:
            continue
        body = f'body_{person.id}'
        transforms.append(_transform(header, body, person.joints_mm[ROOT]))
        under_body = Header(stamp=header.stamp, frame_id=body)
        transforms += [_transform(under_body, f'{name}_{person.id}', position_mm)
                       for name, position_mm in zip(JOINT_NAMES, person.root_relative_mm, strict=True)]
    return tf2_msgs.TFMessage(transforms=transforms)


def tracked_bodies(frame: Frame, header: Header, hri_msgs: ModuleType) -> Any:
    """A hri_msgs/IdsList of the tracked people."""
    return hri_msgs.IdsList(header=header, ids=[str(person.id) for person in frame.people if person.id >= 0])


def camera_in_map(pose: str, header: Header, tf2_msgs: ModuleType) -> Any:
    """A tf2_msgs/TFMessage from the map to an optical frame; `pose` as for `parse_pose`."""
    values = parse_pose(pose)
    transform = _transform(Header(stamp=header.stamp, frame_id=MAP), header.frame_id, 1000 * values[:3])
    x, y, z, w = _product(_from_rpy(*values[3:]), _OPTICAL_XYZW)
    transform.transform.rotation = Quaternion(x=x, y=y, z=z, w=w)
    return tf2_msgs.TFMessage(transforms=[transform])


def _transform(header: Header, child: str, position_mm: np.ndarray) -> TransformStamped:
    x, y, z = (np.asarray(position_mm, float) / 1000).tolist()
    return TransformStamped(header=header, child_frame_id=child, transform=Transform(
        translation=Vector3(x=x, y=y, z=z), rotation=Quaternion(w=1.0)))


# Two short functions instead of scipy's Rotation: package.xml has no scipy, and importing it takes a second.
def _from_rpy(roll: float, pitch: float, yaw: float) -> tuple[float, ...]:
    """Rotations about the fixed axes x, y, z in this order (REP-103) -> x, y, z, w."""
    (sr, cr), (sp, cp), (sy, cy) = ((float(np.sin(a / 2)), float(np.cos(a / 2))) for a in (roll, pitch, yaw))
    return _product(_product((0.0, 0.0, sy, cy), (0.0, sp, 0.0, cp)), (sr, 0.0, 0.0, cr))


def _product(a: tuple[float, ...], b: tuple[float, ...]) -> tuple[float, ...]:
    """Quaternions x, y, z, w: first b, then a."""
    (ax, ay, az, aw), (bx, by, bz, bw) = a, b
    return (aw * bx + ax * bw + ay * bz - az * by, aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw, aw * bw - ax * bx - ay * by - az * bz)
