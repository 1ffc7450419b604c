"""TF frames of the links of bodies, named as in REP-155, and the camera pose in the map."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np
from geometry_msgs.msg import Quaternion, Transform, TransformStamped, Vector3
from std_msgs.msg import Header

from hemlets_ros.body.joint_states import BodyPose
from hemlets_ros.body.urdf_tree import UrdfTree
from hemlets_ros.geometry.camera_pose import parse_pose
from hemlets_ros.geometry.quaternions import Vector, Xyzw, xyzw_from_matrix, xyzw_from_rpy, xyzw_product

MAP = 'map'
#: Rotation of an optical frame (x right, y down, z forward) in a body frame (x forward, y left, z up).
_OPTICAL_XYZW = (-0.5, 0.5, -0.5, 0.5)


def body_frames(body_id: str, pose: BodyPose, tree: UrdfTree, positions: Mapping[str, float],
                header: Header) -> list[TransformStamped]:
    """The frame body_<id> (axes of REP-155) in the header's frame, and the links of its URDF below it.

    The same as robot_state_publisher's frames for this URDF and these joint states.
    """
    transforms = [_transform(header, f'body_{body_id}', _metres(pose.origin_mm),
                             xyzw_from_matrix(pose.rotation))]
    transforms += [_transform(Header(stamp=header.stamp, frame_id=parent), child, placed.xyz_m, placed.xyzw)
                   for parent, child, placed in tree.transforms(positions)]
    return transforms


def camera_in_map(pose: str, header: Header, tf2_msgs: ModuleType) -> Any:
    """A tf2_msgs/TFMessage with the transform from map to an optical frame; pose: see `parse_pose`."""
    values = parse_pose(pose)
    return tf2_msgs.TFMessage(transforms=[_transform(
        Header(stamp=header.stamp, frame_id=MAP), header.frame_id, tuple(values[:3].tolist()),
        xyzw_product(xyzw_from_rpy(*values[3:].tolist()), _OPTICAL_XYZW))])


def _transform(header: Header, child: str, xyz_m: Vector, xyzw: Xyzw) -> TransformStamped:
    (x, y, z), (qx, qy, qz, qw) = xyz_m, xyzw
    return TransformStamped(header=header, child_frame_id=child, transform=Transform(
        translation=Vector3(x=x, y=y, z=z), rotation=Quaternion(x=qx, y=qy, z=qz, w=qw)))


def _metres(place_mm: np.ndarray) -> Vector:
    x, y, z = (place_mm / 1000).tolist()
    return x, y, z
