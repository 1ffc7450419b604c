"""Converts skeletons to RViz markers: per person a LINE_LIST, a SPHERE_LIST and a label.

People with bodies have another SPHERE_LIST of the extra joints.
"""

from __future__ import annotations

from functools import cache

from geometry_msgs.msg import Point, Pose, Quaternion, Vector3
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from hemlets_ros.people import Frame, Person
from hemlets_ros.results.drawing import opacity
from hemlets_ros.results.palette import SIDE_RGB, TEXT_RGB
from hemlets_ros.skeleton import BONES, EXTRA_JOINT_NAMES, INDEX, JOINT_NAMES, bone_side, side

_BONE_M, _JOINT_M, _EXTRA_M, _TEXT_M = 0.02, 0.05, 0.03, 0.15


@cache  # made once, because they are the same in every message
def _colour(rgb: tuple[float, float, float], opacity: float = 1.0) -> ColorRGBA:
    red, green, blue = rgb
    return ColorRGBA(r=red, g=green, b=blue, a=opacity)


_WHITE = _colour(TEXT_RGB)
_BONE_RGB = [SIDE_RGB[bone_side(bone)] for bone in BONES]
_JOINT_RGB = [SIDE_RGB[side(name)] for name in JOINT_NAMES]
_EXTRA_RGB = [SIDE_RGB[side(name)] for name in EXTRA_JOINT_NAMES]


def markers(frame: Frame, header: Header, unseen_joints: str = 'faint') -> MarkerArray:
    """Markers of a frame. The first one deletes all earlier markers, including those of lost people.

    unseen_joints: value of the parameter.
    """
    message = clear_markers(header)
    message.markers += [marker for person in frame.people
                        for marker in _person_markers(person, header, unseen_joints)]
    return message


def clear_markers(header: Header) -> MarkerArray:
    """A message that deletes all markers."""
    return MarkerArray(markers=[Marker(header=header, action=Marker.DELETEALL)])


def _person_markers(person: Person, header: Header, unseen_joints: str) -> list[Marker]:
    points = [Point(x=x, y=y, z=z) for x, y, z in (person.joints_mm / 1000).tolist()]
    opacities = opacity(person.visibility, unseen_joints)
    of_bones = opacities[BONES].min(axis=1).tolist()
    drawn = [(bone, rgb, share) for bone, rgb, share in zip(BONES, _BONE_RGB, of_bones, strict=True) if share]
    bones = _marker('bones', person, Marker.LINE_LIST, header, Vector3(x=_BONE_M))
    bones.points = [points[index] for bone, _, _ in drawn for index in bone]
    bones.colors = [_colour(rgb, share) for _, rgb, share in drawn for _ in range(2)]
    joints = _marker('joints', person, Marker.SPHERE_LIST, header,
                     Vector3(x=_JOINT_M, y=_JOINT_M, z=_JOINT_M))
    shown = [(point, rgb, share) for point, rgb, share in zip(
        points, _JOINT_RGB, opacities.tolist(), strict=True) if share]
    joints.points = [point for point, _, _ in shown]
    joints.colors = [_colour(rgb, share) for _, rgb, share in shown]
    label = _marker('labels', person, Marker.TEXT_VIEW_FACING, header, Vector3(z=_TEXT_M))
    head = points[INDEX['head_top']]
    label.pose.position = Point(x=head.x, y=head.y - _TEXT_M, z=head.z)
    label.text = str(person.id)
    return [bones, joints, *_extra_joints(person, header), label]


def _extra_joints(person: Person, header: Header) -> list[Marker]:
    if person.body is None or person.body.extra_joints_mm is None:
        return []
    marker = _marker('extra_joints', person, Marker.SPHERE_LIST, header,
                     Vector3(x=_EXTRA_M, y=_EXTRA_M, z=_EXTRA_M))
    marker.points = [Point(x=x, y=y, z=z) for x, y, z in (person.body.extra_joints_mm / 1000).tolist()]
    marker.colors = [_colour(rgb) for rgb in _EXTRA_RGB]
    return [marker]


def _marker(namespace: str, person: Person, kind: int, header: Header, scale: Vector3) -> Marker:
    return Marker(header=header, ns=namespace, id=person.id, type=kind, action=Marker.ADD,
                  scale=scale, color=_WHITE, pose=Pose(orientation=Quaternion(w=1.0)))
