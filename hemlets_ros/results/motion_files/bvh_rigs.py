"""Skeletons of BVH files: their bones, names and axes.

Retargeting programs compare rotations of bones, so a file needs the axes that they expect: those of LAFAN1
(Ubisoft; as in GMR's table bvh_lafan1_to_g1) or of SOMA (NVIDIA; as in soma_zero_frame0.bvh of
soma-retargeter, Apache-2.0).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hemlets_ros.body.bone_names import names_in
from hemlets_ros.body.bones import BONE_NAMES
from hemlets_ros.geometry import quaternions as quat

_X = np.array([1.0, 0.0, 0.0])


@dataclass(frozen=True)
class BvhRig:
    """A skeleton of a BVH file."""

    names: dict[str, str]  # our bone -> its name in the rig, for the rig's bones
    axes: dict[str, np.ndarray]  # our bone -> (4,) rotation from the rig's axes to those of the rest pose
    above_root: str = ''  # a fixed parent joint of the pelvis; empty: none

    @property
    def order(self) -> list[str]:
        """Our bones; children of a bone are in the order of the file: legs, spine, arms."""
        return [bone for bone in BONE_NAMES if bone in self.names]


def _axes(x: tuple[float, float, float], y: tuple[float, float, float]) -> np.ndarray:
    """Rotation (4,) for axes with these directions in the rest pose (x left, y up, z forward)."""
    return quat.from_matrix(np.stack([np.array(x), np.array(y), np.cross(x, y)], axis=1))


_LEFT, _RIGHT, _UP, _DOWN = (1.0, 0.0, 0.0), (-1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, -1.0, 0.0)
_FORWARD, _BACK = (0.0, 0.0, 1.0), (0.0, 0.0, -1.0)
_TRUNK: Final = ('pelvis', 'spine1', 'spine2', 'spine3', 'neck', 'head')
_ARM: Final = ('clavicle', 'shoulder', 'elbow', 'wrist', 'hand')


def _forward(axes: np.ndarray, degrees: float) -> np.ndarray:
    """Axes, tilted forwards: up turns towards forward, forward towards down."""
    return quat.multiply(quat.about(_X, np.radians(degrees)), axes)


def _rig(trunk: np.ndarray, arms: dict[str, np.ndarray], legs: dict[str, np.ndarray],
         lean_deg: dict[str, float]) -> dict[str, np.ndarray]:
    """A rig with the axes of all bones. lean_deg: tilt of trunk bones and (without side) of feet and toes."""
    axes = {bone: _forward(trunk, lean_deg.get(bone, 0.0)) for bone in _TRUNK}
    for side in 'lr':
        axes |= {f'{side}_{bone}': arms[side] for bone in _ARM}
        axes |= {f'{side}_{bone}': _forward(legs[side], lean_deg.get(bone, 0.0))
                 for bone in ('hip', 'knee', 'ankle', 'toe')}
    return axes


def _without_hands(names: dict[str, str]) -> dict[str, str]:
    return {bone: name for bone, name in names.items() if not bone.endswith('_hand')}


HUMAN_IK: Final = BvhRig(
    _without_hands({bone: name.removeprefix('mixamorig:') for bone, name in names_in('mixamo').items()}),
    {bone: quat.IDENTITY for bone in BONE_NAMES})

#: Bones point along x: the trunk upwards with y forward, arms with y backward, legs with y forward.
LAFAN1: Final = BvhRig(names_in('lafan1'), _rig(
    _axes(_UP, _FORWARD), {'l': _axes(_LEFT, _BACK), 'r': _axes(_RIGHT, _BACK)},
    dict.fromkeys('lr', _axes(_DOWN, _FORWARD)), {'ankle': -70.0, 'toe': -90.0}))

#: The right side mirrors the left one, so its bones point along -x.
SOMA: Final = BvhRig(_without_hands(names_in('soma')), _rig(
    _axes(_UP, _FORWARD), {'l': _axes(_LEFT, _FORWARD), 'r': _axes(_LEFT, _BACK)},
    {'l': _axes(_DOWN, _BACK), 'r': _axes(_UP, _FORWARD)},
    {'spine2': -6.1, 'neck': 16.6, 'head': -6.7, 'ankle': -69.1, 'toe': -73.8}), above_root='Root')
