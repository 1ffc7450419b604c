"""Writes people as animated, skinned meshes into a glTF file; y up, the ground at y = 0."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from hemlets_ros.body.body_mesh import body_mesh
from hemlets_ros.body.gravity import up_from_people
from hemlets_ros.body.rest_mesh import RestMesh
from hemlets_ros.body.world import level_camera
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.geometry.surface import vertex_normals
from hemlets_ros.people import Body, Frame
from hemlets_ros.results.palette import person_rgb
from hemlets_ros.results.skinned_glb import SkinnedPerson, write_skinned_glb

_LOOKED_AT: Final = 12  # number of frames from which the ground is estimated


@dataclass
class _Track:
    stamps_s: list[float] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)
    joints_mm: list[np.ndarray] = field(default_factory=list)


class MeshAnimation:
    """Collects people, and writes the file on `close`: one scene, a skin for each person.

    The up direction is estimated from the people (body/gravity.py); for a single image, the camera is
    assumed level. Shape and bone lengths of a person are those of the last image, which are estimates from
    all images.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = path
        self._tracks: dict[int, _Track] = {}
        self._start_s: float | None = None

    def append(self, frame: Frame, name: str = '') -> None:
        """Adds the people of an image who have bodies; a repeated image is added once."""
        if self._start_s is None:
            self._start_s = frame.stamp_s
        stamp_s = frame.stamp_s - self._start_s
        for person in frame.people:
            track = self._tracks.setdefault(person.id, _Track())
            if person.body is not None and (not track.stamps_s or stamp_s > track.stamps_s[-1]):
                track.stamps_s.append(stamp_s)
                track.bodies.append(person.body)
                track.joints_mm.append(person.joints_mm)

    def close(self) -> None:
        """Writes the file. Raises OutputError."""
        tracks = {key: track for key, track in sorted(self._tracks.items()) if track.bodies and key >= 0}
        seen = [(np.array(track.joints_mm), np.array(track.stamps_s)) for track in tracks.values()
                if len(track.bodies) > 1]
        up = up_from_people(seen) if seen else level_camera()
        people = [_person(key, track, up.from_camera) for key, track in tracks.items()]
        if people:
            longest = max(people, key=lambda pair: len(pair[0].stamps_s))  # others may be on furniture
            ground_mm = _ground_mm(*longest)
            for person, _ in people:
                person.root_mm[:, 1] -= ground_mm
        write_skinned_glb(self._path, [person for person, _ in people])


def _person(person_id: int, track: _Track, from_camera: np.ndarray) -> tuple[SkinnedPerson, RestMesh]:
    shipped, mesh = body_mesh(), body_mesh().at_rest(track.bodies[-1])
    rotations = np.array([body.rotations for body in track.bodies])
    rotations[:, 0] = quat.multiply(quat.from_matrix(from_camera), rotations[:, 0])
    roots = np.array([body.root_mm for body in track.bodies]) @ from_camera.T
    return SkinnedPerson(
        person_id, np.array(track.stamps_s), mesh.start_mm(roots, rotations), rotations, mesh.offsets_mm,
        mesh.bind_turns, mesh.bind_starts_mm, mesh.vertices_mm, mesh.triangles, shipped.bones,
        shipped.bone_weights,
        vertex_normals(mesh.vertices_mm, mesh.triangles), person_rgb(person_id)), mesh


def _ground_mm(person: SkinnedPerson, mesh: RestMesh) -> float:
    """Height of the ground on which a person stands most of the time."""
    chosen = np.unique(np.linspace(0, len(person.stamps_s) - 1, _LOOKED_AT).round().astype(int))
    return float(np.median([mesh.skinned_mm(person.root_mm[frame], person.rotations[frame])[:, 1].min()
                            for frame in chosen]))
