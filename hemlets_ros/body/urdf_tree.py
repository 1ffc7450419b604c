"""Reads a URDF, and says where its links are: what robot_state_publisher does, without ROS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np

from hemlets_ros.errors import InputError


@dataclass(frozen=True)
class UrdfJoint:
    """A joint as the text has it."""

    name: str
    kind: str
    parent: str
    child: str
    origin_m: np.ndarray  # (3,) in the parent's frame
    turned: np.ndarray  # (3, 3), of the joint's frame in the parent's
    axis: np.ndarray  # (3,), length 1, in the joint's frame
    limits: tuple[float, float]  # rad or m

    def transform(self, position: float) -> tuple[np.ndarray, np.ndarray]:
        """Rotation (3, 3) and place (3,), m, of the child in the parent's frame."""
        if self.kind == 'prismatic':
            return self.turned, self.origin_m + self.turned @ self.axis * position
        if self.kind == 'fixed':
            return self.turned, self.origin_m
        return self.turned @ _about(self.axis, position), self.origin_m


class UrdfTree:
    """The joints of a URDF, parents before their children."""

    def __init__(self, text: str) -> None:
        """Raises InputError for a text that is no URDF of one tree."""
        try:
            robot = ElementTree.fromstring(text)
            joints = [_joint(element) for element in robot.findall('joint')]
        except (ElementTree.ParseError, ValueError, AttributeError, TypeError) as error:
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

    def link_places(self, positions: Mapping[str, float]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Link -> rotation (3, 3) and place (3,), m, in the root's frame; joints that are not named are at 0."""
        places = {self.root: (np.eye(3), np.zeros(3))}
        for joint in self.joints:
            turn, origin = places[joint.parent]
            turned, moved = joint.transform(positions.get(joint.name, 0.0))
            places[joint.child] = turn @ turned, origin + turn @ moved
        return places


def _joint(element: ElementTree.Element) -> UrdfJoint:
    origin, axis, limit = element.find('origin'), element.find('axis'), element.find('limit')
    parent, child = element.find('parent'), element.find('child')
    if parent is None or child is None:
        raise ValueError(f'the joint {element.get("name")} has no parent or no child')
    kind = element.get('type', '')
    if kind not in ('fixed', 'revolute', 'continuous', 'prismatic'):
        raise ValueError(f'joints of type {kind!r} are not supported')
    xyz, rpy = ('0 0 0', '0 0 0') if origin is None else (
        origin.get('xyz', '0 0 0'), origin.get('rpy', '0 0 0'))
    along = _numbers('1 0 0' if axis is None else axis.get('xyz', '1 0 0'))
    low, high = (-np.inf, np.inf) if limit is None else (
        float(limit.get('lower', '0')), float(limit.get('upper', '0')))
    roll, pitch, yaw = _numbers(rpy)
    x, y, z = np.eye(3)
    return UrdfJoint(
        element.get('name', ''), kind, parent.get('link', ''), child.get('link', ''), _numbers(xyz),
        _about(z, yaw) @ _about(y, pitch) @ _about(x, roll), along / np.linalg.norm(along), (low, high))


def _numbers(text: str) -> np.ndarray:
    """(3,) of three words."""
    numbers = np.array(text.split(), float)
    if numbers.shape != (3,):
        raise ValueError(f'{text!r} are not three numbers')
    return numbers


def _about(axis: np.ndarray, angle_rad: float) -> np.ndarray:
    """The (3, 3) turn about an axis of length 1 (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turn: np.ndarray = np.eye(3) + np.sin(angle_rad) * cross + (1 - np.cos(angle_rad)) * cross @ cross
    return turn
