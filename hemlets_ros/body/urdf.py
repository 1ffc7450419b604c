"""URDF of one person: the chain of `human_chain` with the person's own lengths."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree

import numpy as np

from hemlets_ros.body.human_chain import CHAIN, LINKS
from hemlets_ros.body.joint_states import BodyPose

_LIMB_M, _JOINT_M, _NOSE_M = 0.035, 0.045, 0.02  # radii
_SKIN, _DARK = '0.85 0.66 0.5 1', '0.55 0.4 0.3 1'
_EFFORT, _VELOCITY = '1000', '20'  # URDF requires values; these joints have no actuators


def origins_mm(pose: BodyPose) -> dict[str, np.ndarray]:
    """Link of PLACED -> (3,), mm, in its parent's frame; left and right have the mean of both sides."""
    origins = dict(pose.places_mm)
    for link in pose.places_mm:
        if link.startswith('l_'):
            other = f'r_{link[2:]}'
            mean = (np.abs(origins[link]) + np.abs(origins[other])) / 2
            origins[link], origins[other] = (np.copysign(mean, pose.places_mm[each])
                                             for each in (link, other))
    return origins


def human_urdf(body_id: str, origins: Mapping[str, np.ndarray]) -> str:
    """The URDF of the body `body_id`: links and joints of `human_chain`, all names with _<body_id>.

    origins: link of PLACED -> (3,), mm, in its parent's frame.
    """
    robot = ElementTree.Element('robot', name=f'human_{body_id}')
    for name, rgba in (('skin', _SKIN), ('dark', _DARK)):
        ElementTree.SubElement(ElementTree.SubElement(robot, 'material', name=name), 'color', rgba=rgba)
    for link in LINKS:
        _add_shape(ElementTree.SubElement(robot, 'link', name=f'{link}_{body_id}'), link, origins)
    for joint in CHAIN:
        element = ElementTree.SubElement(robot, 'joint', name=f'{joint.name}_{body_id}', type=joint.kind)
        ElementTree.SubElement(element, 'parent', link=f'{joint.parent}_{body_id}')
        ElementTree.SubElement(element, 'child', link=f'{joint.child}_{body_id}')
        place = origins[joint.placed] if joint.placed else np.zeros(3)
        ElementTree.SubElement(element, 'origin', xyz=_text(place), rpy='0 0 0')
        if joint.kind != 'fixed':
            ElementTree.SubElement(element, 'axis', xyz=' '.join(map(str, joint.axis)))
            ElementTree.SubElement(element, 'limit', lower=f'{joint.lower:.4f}', upper=f'{joint.upper:.4f}',
                                   effort=_EFFORT, velocity=_VELOCITY)
    ElementTree.indent(robot)
    return f'<?xml version="1.0"?>\n{ElementTree.tostring(robot, encoding="unicode")}\n'


def _add_shape(element: ElementTree.Element, link: str, origins: Mapping[str, np.ndarray]) -> None:
    """Adds the visual elements of a link: cylinders for bones, spheres for joints."""
    ends = {'shoulder': 'elbow', 'elbow': 'wrist', 'hip': 'knee', 'knee': 'ankle'}
    part = link.partition('_')[2]
    if link[:2] in ('l_', 'r_') and part in ends:
        _cylinder(element, np.zeros(3), origins[f'{link[:2]}{ends[part]}'])
        _ball(element, _JOINT_M, 'dark')
    elif part in ('wrist', 'ankle'):
        _ball(element, _LIMB_M, 'skin')
    elif link == 'body':
        _cylinder(element, origins['l_hip'], origins['r_hip'])
    elif link == 'waist':
        _cylinder(element, np.zeros(3), origins['torso'])
    elif link == 'torso':
        _cylinder(element, origins['l_shoulder'], origins['r_shoulder'])
        _cylinder(element, np.zeros(3), origins['neck'])
    elif link == 'p_head':
        _cylinder(element, np.zeros(3), origins['head'])
    elif link == 'head':
        _ball(element, float(origins['head_top'][2] - origins['head'][2]) / 1000, 'skin')
    elif link == 'nose':
        _ball(element, _NOSE_M, 'dark')


def _cylinder(element: ElementTree.Element, start_mm: np.ndarray, end_mm: np.ndarray) -> None:
    along = end_mm - start_mm
    length = float(np.linalg.norm(along))
    # From z to `along`: first about y by the pitch, then about z by the yaw.
    pitch = np.arctan2(np.hypot(along[0], along[1]), along[2])
    yaw = np.arctan2(along[1], along[0])
    visual = ElementTree.SubElement(element, 'visual')
    ElementTree.SubElement(visual, 'origin', xyz=_text((start_mm + end_mm) / 2),
                           rpy=f'0 {pitch:.6f} {yaw:.6f}')
    ElementTree.SubElement(ElementTree.SubElement(visual, 'geometry'), 'cylinder', radius=str(_LIMB_M),
                           length=f'{max(length, 1.0) / 1000:.6f}')
    ElementTree.SubElement(visual, 'material', name='skin')


def _ball(element: ElementTree.Element, radius_m: float, material: str) -> None:
    visual = ElementTree.SubElement(element, 'visual')
    ElementTree.SubElement(ElementTree.SubElement(visual, 'geometry'), 'sphere',
                           radius=f'{max(radius_m, 0.001):.4f}')
    ElementTree.SubElement(visual, 'material', name=material)


def _text(place_mm: np.ndarray) -> str:
    return ' '.join(f'{value / 1000:.6f}' for value in place_mm.tolist())
