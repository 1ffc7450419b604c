"""Reads a URDF and computes its forward kinematics, like robot_state_publisher but without ROS."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from xml.etree import ElementTree

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.quaternions import (
    XYZW_IDENTITY,
    Vector,
    Xyzw,
    xyzw_about,
    xyzw_from_rpy,
    xyzw_product,
    xyzw_rotated,
)

_KINDS = ('fixed', 'revolute', 'continuous', 'prismatic')


class Placed(NamedTuple):
    """The pose of a frame in another frame."""

    xyz_m: Vector
    xyzw: Xyzw


@dataclass(frozen=True)
class UrdfJoint:
    """A joint of a URDF."""

    name: str
    kind: str
    parent: str
    child: str
    origin: Placed  # of the joint's frame in the parent's
    axis: Vector  # of length 1, in the joint's frame
    limits: tuple[float, float]  # rad or m

    def placed(self, position: float) -> Placed:
        """The pose of the child in the parent's frame, for a joint position in rad or m."""
        (x, y, z), turn = self.origin
        if self.kind == 'prismatic':
            dx, dy, dz = xyzw_rotated(turn, self.axis)
            return Placed((x + position * dx, y + position * dy, z + position * dz), turn)
        if self.kind == 'fixed':
            return self.origin
        return Placed((x, y, z), xyzw_product(turn, xyzw_about(self.axis, position)))


class UrdfTree:
    """The joints of a URDF, parents before their children."""

    def __init__(self, text: str) -> None:
        """Raises InputError for a text that is not a URDF with one tree."""
        try:
            robot = ElementTree.fromstring(text)
            joints = [_joint(element) for element in robot.findall('joint')]
        except (ElementTree.ParseError, ValueError) as error:
            raise InputError(f'not a URDF: {error}') from error
        links = {element.get('name', '') for element in robot.findall('link')}
        roots = links - {joint.child for joint in joints}
        if len(roots) != 1 or len(joints) != len(links) - 1:
            raise InputError(f'not a URDF of one tree: {len(links)} links, {len(joints)} joints, roots: '
                             f'{", ".join(sorted(roots)) or "none"}')
        self.root = roots.pop()
        self.joints: list[UrdfJoint] = []
        reached = {self.root}
        while joints:
            found = [joint for joint in joints if joint.parent in reached]
            if not found:
                raise InputError('not a URDF of one tree: some links hang from none')
            self.joints += found
            reached |= {joint.child for joint in found}
            joints = [joint for joint in joints if joint.child not in reached]

    def transforms(self, positions: Mapping[str, float]) -> Iterator[tuple[str, str, Placed]]:
        """Parent, child, and pose of the child in the parent's frame; joints without a position are at 0."""
        for joint in self.joints:
            yield joint.parent, joint.child, joint.placed(positions.get(joint.name, 0.0))

    def links(self, positions: Mapping[str, float]) -> dict[str, Placed]:
        """Link -> its pose in the frame of the root; joints without a position are at 0."""
        links = {self.root: Placed((0.0, 0.0, 0.0), XYZW_IDENTITY)}
        for parent, child, placed in self.transforms(positions):
            (x, y, z), turn = links[parent]
            dx, dy, dz = xyzw_rotated(turn, placed.xyz_m)
            links[child] = Placed((x + dx, y + dy, z + dz), xyzw_product(turn, placed.xyzw))
        return links


def _joint(element: ElementTree.Element) -> UrdfJoint:
    """Parses a joint. Raises ValueError for an invalid one."""
    name, kind = element.get('name', ''), element.get('type', '')
    if kind not in _KINDS:
        raise ValueError(f'joint {name}: type {kind!r} is not one of {", ".join(_KINDS)}')
    parent, child, xyz, rpy, axis, lower, upper = (
        default if (found := element.find(tag)) is None else found.get(attribute, default)
        for tag, attribute, default in (
            ('parent', 'link', ''), ('child', 'link', ''), ('origin', 'xyz', '0 0 0'),
            ('origin', 'rpy', '0 0 0'), ('axis', 'xyz', '1 0 0'), ('limit', 'lower', '-inf'),
            ('limit', 'upper', 'inf')))
    x, y, z = _numbers(axis)
    length = math.hypot(x, y, z)
    if not parent or not child or not length:
        raise ValueError(f'joint {name}: it has no parent, no child or no axis')
    return UrdfJoint(name, kind, parent, child, Placed(_numbers(xyz), xyzw_from_rpy(*_numbers(rpy))),
                     (x / length, y / length, z / length), (float(lower), float(upper)))


def _numbers(text: str) -> Vector:
    """Three numbers of a text."""
    x, y, z = map(float, text.split())
    return x, y, z
