"""Skeletons as RViz markers: for each person one LINE_LIST, one SPHERE_LIST and a label."""

from __future__ import annotations

from geometry_msgs.msg import Point, Pose, Quaternion, Vector3
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from hemlets_ros.palette import SIDE_RGB, TEXT_RGB
from hemlets_ros.people import Frame, Person
from hemlets_ros.skeleton import BONES, INDEX, JOINT_NAMES, bone_side, side

_BONE_M, _JOINT_M, _TEXT_M = 0.02, 0.05, 0.15


def _colour(rgb: tuple[float, float, float]) -> ColorRGBA:
    red, green, blue = rgb
    return ColorRGBA(r=red, g=green, b=blue, a=1.0)


# The same in every message: made once.
_WHITE = _colour(TEXT_RGB)
_BONE_COLOURS = [_colour(SIDE_RGB[bone_side(bone)]) for bone in BONES for _ in bone]
_JOINT_COLOURS = [_colour(SIDE_RGB[side(name)]) for name in JOINT_NAMES]


def markers(frame: Frame, header: Header) -> MarkerArray:
    """Markers of a frame. The first deletes all earlier ones, so that nobody who left stays behind."""
    everything = [Marker(header=header, action=Marker.DELETEALL)]
    for person in frame.people:
        everything += _person_markers(person, header)
    return MarkerArray(markers=everything)


def _person_markers(person: Person, header: Header) -> list[Marker]:
    points = [Point(x=x, y=y, z=z) for x, y, z in (person.joints_mm / 1000).tolist()]
    bones = _marker('bones', person, Marker.LINE_LIST, header, Vector3(x=_BONE_M))
    bones.points = [points[index] for bone in BONES for index in bone]
    bones.colors = _BONE_COLOURS
    joints = _marker('joints', person, Marker.SPHERE_LIST, header,
                     Vector3(x=_JOINT_M, y=_JOINT_M, z=_JOINT_M))
    joints.points = points
    joints.colors = _JOINT_COLOURS
    label = _marker('labels', person, Marker.TEXT_VIEW_FACING, header, Vector3(z=_TEXT_M))
    head = points[INDEX['head_top']]
    label.pose.position = Point(x=head.x, y=head.y - _TEXT_M, z=head.z)
    label.text = str(person.id)
    return [bones, joints, label]


def _marker(namespace: str, person: Person, kind: int, header: Header, scale: Vector3) -> Marker:
    return Marker(header=header, ns=namespace, id=person.id, type=kind, action=Marker.ADD,
                  scale=scale, color=_WHITE, pose=Pose(orientation=Quaternion(w=1.0)))
