"""glTF binary files of recorded motion: animated skeletons, each with a stick figure as its mesh."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hemlets_ros.body.bones import BONE_COUNT, BONE_INDEX, PARENTS
from hemlets_ros.body.kinematics import rest_joints_mm
from hemlets_ros.body.recorded_motion import RecordedMotion
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.results.skinned_glb import SkinnedPerson, write_skinned_glb

#: Thickness of the sticks, and position of the thickest point, as shares of their length.
_THICK, _WIDEST = 0.09, 0.2


def write_glb(path: str | Path, motions: Sequence[RecordedMotion]) -> None:
    """Writes all people into one scene and one animation. Raises OutputError."""
    write_skinned_glb(path, [_of_sticks(motion) for motion in motions])


def _of_sticks(motion: RecordedMotion) -> SkinnedPerson:
    """A stick figure: a stick from each bone to each child, which moves with the bone."""
    body, rest_mm = motion.body, rest_joints_mm(motion.body.offsets_mm)
    sticks = [(parent, rest_mm[parent], rest_mm[bone]) for bone, parent in enumerate(PARENTS) if parent >= 0]
    sticks += [(BONE_INDEX[bone], rest_mm[BONE_INDEX[bone]], rest_mm[BONE_INDEX[bone]] + end)
               for bone, end in body.ends_mm.items()]
    points = np.concatenate([_stick(start, end) for _, start, end in sticks])
    bones, weights = np.zeros((len(points), 4), int), np.zeros((len(points), 4))
    bones[:, 0], weights[:, 0] = np.repeat([bone for bone, _, _ in sticks], 6), 1.0
    faces = (_FACES[None] + 6 * np.arange(len(sticks))[:, None, None]).reshape(-1, 3)
    return SkinnedPerson(motion.id, motion.stamps_s, body.root_mm, body.rotations, body.offsets_mm,
                         np.tile(quat.IDENTITY, (BONE_COUNT, 1)), rest_mm, points, faces, bones, weights)


#: Triangles of a stick with six points: start, four corners, end.
_FACES = np.array([[0, 2, 1], [0, 3, 2], [0, 4, 3], [0, 1, 4], [5, 1, 2], [5, 2, 3], [5, 3, 4], [5, 4, 1]])


def _stick(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Vertices (6, 3) of an octahedron from start to end."""
    along = end - start
    beside = np.cross(along, np.eye(3)[np.argmin(np.abs(along))])
    beside *= _THICK * np.linalg.norm(along) / max(float(np.linalg.norm(beside)), 1e-9)
    other = np.cross(along, beside) / max(float(np.linalg.norm(along)), 1e-9)
    middle = start + _WIDEST * along
    return np.stack([start, middle + beside, middle + other, middle - beside, middle - other, end])
