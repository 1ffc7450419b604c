"""Positions of the extra joints of skeleton.py on bodies of anny, and their regression on shape."""

from __future__ import annotations

import numpy as np

from hemlets_ros.body.body_lengths import body_offsets
from hemlets_ros.body.bones import BONE_NAMES, JOINT_OF_BONE, PARENTS
from hemlets_ros.body.extra_joints import CARRIERS, size_mm
from hemlets_ros.body.mesh_shape import shape_features
from hemlets_ros.lab.synthetic.body import SKIN_VERTICES, BodyModel, Shape
from hemlets_ros.lab.synthetic.rig import Rig
from hemlets_ros.skeleton import EXTRA_JOINT_NAMES, INDEX


class ExtraPoints:
    """Points on bodies of any shape: vertices and starts of bones, with the same indices for all shapes."""

    def __init__(self, model: BodyModel, rig: Rig, mean: Shape) -> None:
        """mean: the body on which the vertices are chosen."""
        self._rig, self._weights = rig, rig.merged(model.weights)[:SKIN_VERTICES]
        self._vertices, self._bones = {}, {}
        for side, sign in (('l', 1.0), ('r', -1.0)):
            for name, bones, towards in (
                    ('heel', ['foot'], (0, 1, 0)), ('big_toe', ['toe1-1', 'toe1-2'], (0, -1, 0)),
                    ('small_toe', ['toe5-1', 'toe5-2', 'toe5-3'], (0, -1, 0))):
                own = [model.bones.index(f'{bone}.{side.upper()}') for bone in bones]
                self._vertices[f'{side}_{name}'] = _farthest(model, mean, own, towards)
            self._vertices[f'{side}_ear'] = _farthest(model, mean, [model.bones.index('head')], (sign, 0, 0))
            for name, bone in (('eye', 'eye'), ('knuckle', 'finger3-1')):
                self._bones[f'{side}_{name}'] = rig.index[f'{bone}.{side.upper()}']

    def of(self, skin: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """(12, 3) by EXTRA_JOINT_NAMES, from vertices (13380, 3) and starts of the bones (bones, 3)."""
        return np.stack([skin[self._vertices[name]] if name in self._vertices else starts[self._bones[name]]
                         for name in EXTRA_JOINT_NAMES])

    def posed_m(self, shape: Shape, transforms: np.ndarray) -> np.ndarray:
        """(12, 3) of a body, in the frame of the rig's transforms (bones, 3, 4)."""
        chosen = list(self._vertices.values())
        mixed = np.tensordot(self._weights[chosen], transforms[self._rig.moving], axes=1)
        skin = np.zeros((SKIN_VERTICES, 3))
        for vertex, each in zip(chosen, mixed, strict=True):
            skin[vertex] = each[:, :3] @ shape.vertices[vertex] + each[:, 3]
        starts = np.einsum('bij,bj->bi', transforms[:, :, :3], shape.heads) + transforms[:, :, 3]
        return self.of(skin, starts)


def _farthest(model: BodyModel, mean: Shape, bones: list[int], towards: tuple[float, float, float]) -> int:
    """The vertex of the given bones that is farthest in a direction (rig axes: z up, facing -y)."""
    own = np.flatnonzero(model.weights[:SKIN_VERTICES, bones].sum(axis=1) > 0.5)
    return int(own[(mean.vertices[own] @ towards).argmax()])


def carried_mm(points_mm: np.ndarray, joints_mm: np.ndarray) -> np.ndarray:
    """(12, 3) points relative to the starts of the bones that carry them, in units of the body's size.

    points_mm, joints_mm: (12, 3) and (18, 3) of a body in the T-pose, axes of bones.py.
    """
    offsets, _ = body_offsets(joints_mm[None])
    result: np.ndarray = points_mm - np.stack([_start(bone, joints_mm, offsets) for bone in CARRIERS])
    return result / size_mm(offsets)


def _start(bone: int, joints_mm: np.ndarray, offsets_mm: np.ndarray) -> np.ndarray:
    """The start of a bone in the T-pose: its joint, or for a bone without one its offset from the parent."""
    name = BONE_NAMES[bone]
    if name in JOINT_OF_BONE:
        joint: np.ndarray = joints_mm[INDEX[JOINT_OF_BONE[name]]]
        return joint
    return _start(PARENTS[bone], joints_mm, offsets_mm) + offsets_mm[bone]


def fitted_table(values: np.ndarray, carried: np.ndarray) -> np.ndarray:
    """(FEATURE_COUNT, 12, 3) least-squares fit, left-right symmetric: shape values (n, 6) -> (n, 12, 3)."""
    mirrored = carried[:, [EXTRA_JOINT_NAMES.index({'l': 'r', 'r': 'l'}[name[0]] + name[1:])
                           for name in EXTRA_JOINT_NAMES]] * [-1.0, 1.0, 1.0]
    table, *_ = np.linalg.lstsq(shape_features(values), ((carried + mirrored) / 2).reshape(len(carried), -1),
                                rcond=None)
    return table.reshape(-1, len(EXTRA_JOINT_NAMES), 3)
