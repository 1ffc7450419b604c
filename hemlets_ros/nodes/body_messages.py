"""Converts a person to messages of ROS4HRI (REP-155)."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Final

import numpy as np
from geometry_msgs.msg import Point, PointStamped, Twist, TwistStamped, Vector3
from sensor_msgs.msg import JointState, RegionOfInterest
from std_msgs.msg import Header

from hemlets_ros.people import Person
from hemlets_ros.skeleton import COCO_NAMES, INDEX, ROOT

#: The 18 points of hri_msgs/Skeleton2D, in order. Its neck is the middle of the shoulders (OpenPose).
SKELETON_2D_NAMES: Final = (
    'nose', 'mid_shoulder', 'r_shoulder', 'r_elbow', 'r_wrist', 'l_shoulder', 'l_elbow', 'l_wrist', 'r_hip',
    'r_knee', 'r_ankle', 'l_hip', 'l_knee', 'l_ankle', 'l_eye', 'r_eye', 'l_ear', 'r_ear')


def roi_type(hri_msgs: ModuleType | None) -> Any:
    """The message type of a region of interest.

    libhri and hri_body_detect use that of hri_msgs; the draft of REP-155 has sensor_msgs/RegionOfInterest.
    """
    return RegionOfInterest if hri_msgs is None else hri_msgs.NormalizedRegionOfInterest2D


def roi(person: Person, size_px: tuple[int, int], header: Header, hri_msgs: ModuleType | None) -> Any:
    """The bounding box as a message of `roi_type`, clipped to the image."""
    left, top, right, bottom = np.clip(person.box_px, 0, [*size_px, *size_px]).tolist()
    if hri_msgs is None:
        return RegionOfInterest(x_offset=round(left), y_offset=round(top), width=round(right) - round(left),
                                height=round(bottom) - round(top))
    width, height = size_px
    return hri_msgs.NormalizedRegionOfInterest2D(
        header=header, xmin=left / width, ymin=top / height, xmax=right / width, ymax=bottom / height,
        c=min(person.score, 1.0))


def skeleton_2d(person: Person, size_px: tuple[int, int], header: Header, hri_msgs: ModuleType) -> Any:
    """Joints of the skeleton, and eyes and ears of the detector, which are (0, 0) with c 0 if unknown."""
    def point(name: str) -> Any:
        if name in INDEX:
            place, sure = person.joints_px[INDEX[name]], person.visibility[INDEX[name]]
        elif person.keypoints_px is not None and person.keypoint_scores is not None:
            index = COCO_NAMES.index(name)
            place, sure = person.keypoints_px[index], person.keypoint_scores[index]
        else:
            place, sure = np.zeros(2), 0.0
        x, y = np.clip(place / size_px, 0, 1).tolist()
        return hri_msgs.NormalizedPointOfInterest2D(x=x, y=y, c=float(sure))

    return hri_msgs.Skeleton2D(header=header, skeleton=[point(name) for name in SKELETON_2D_NAMES])


def joint_state(positions: dict[str, float], header: Header) -> JointState:
    return JointState(header=header, name=list(positions), position=list(positions.values()))


def position(person: Person, header: Header) -> PointStamped:
    """Position of the pelvis, m."""
    x, y, z = (person.joints_mm[ROOT] / 1000).tolist()
    return PointStamped(header=header, point=Point(x=x, y=y, z=z))


def velocity(person: Person, header: Header) -> TwistStamped | None:
    """Velocity of the pelvis, m/s; None if unknown."""
    if not np.isfinite(person.velocity_m_s).all():
        return None
    x, y, z = person.velocity_m_s.tolist()
    return TwistStamped(header=header, twist=Twist(linear=Vector3(x=x, y=y, z=z)))
