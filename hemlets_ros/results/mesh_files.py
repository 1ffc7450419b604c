"""Writes meshes of the people of an image as a PLY or OBJ file: metres, camera's optical frame."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from hemlets_ros.body.body_mesh import body_mesh, skin_mm
from hemlets_ros.errors import OutputError
from hemlets_ros.people import Frame
from hemlets_ros.results.overlay_pictures import picture_name
from hemlets_ros.results.palette import person_rgb
from hemlets_ros.system.output_path import write_bytes

_VERTEX: Final = np.dtype([('xyz', '<f4', 3), ('rgb', 'u1', 3), ('person', '<i4')])
_FACE: Final = np.dtype([('count', 'u1'), ('corners', '<i4', 3)])
_PLY_HEAD: Final = """ply
format binary_little_endian 1.0
comment metres; camera optical frame: x right, y down, z forward
element vertex {}
property float x
property float y
property float z
property uchar red
property uchar green
property uchar blue
property int person
element face {}
property list uchar int vertex_indices
end_header
"""


def ply_bytes(frame: Frame) -> bytes:
    """PLY file of all people with bodies; each vertex has its person's id and colour."""
    triangles, people = body_mesh().triangles, _skins_m(frame)
    count = len(body_mesh().weights)
    vertices, faces = np.zeros(count * len(people), _VERTEX), np.zeros(len(triangles) * len(people), _FACE)
    faces['count'] = 3
    for number, (person_id, skin) in enumerate(people):
        part = vertices[number * count:(number + 1) * count]
        part['xyz'], part['person'] = skin, person_id
        part['rgb'] = np.round(255 * np.array(person_rgb(person_id)))
        faces['corners'][number * len(triangles):(number + 1) * len(triangles)] = triangles + number * count
    return _PLY_HEAD.format(len(vertices), len(faces)).encode() + vertices.tobytes() + faces.tobytes()


def obj_bytes(frame: Frame) -> bytes:
    """OBJ file of all people with bodies, each as an object person_ID."""
    lines = ['# metres; camera optical frame: x right, y down, z forward']
    for number, (person_id, skin) in enumerate(_skins_m(frame)):
        lines.append(f'o person_{person_id}')
        lines += [f'v {x:.4f} {y:.4f} {z:.4f}' for x, y, z in skin.tolist()]
        corners = body_mesh().triangles + 1 + number * len(skin)
        lines += [f'f {a} {b} {c}' for a, b, c in corners.tolist()]
    return '\n'.join([*lines, '']).encode()


def _skins_m(frame: Frame) -> list[tuple[int, np.ndarray]]:
    return [(person.id, skin_mm(person.body) / 1000) for person in frame.people if person.body is not None]


#: Suffix -> function that makes the file's content.
WRITERS: Final = {'.ply': ply_bytes, '.obj': obj_bytes}


class MeshFiles:
    """Writes one file, or one per image if its name has a *, which stands for the image's name or number.

    Makes the folder of several files if it does not exist. Raises OutputError.
    """

    def __init__(self, path: str | Path) -> None:
        self._path, self._count = Path(path), 0
        self._bytes = WRITERS[self._path.suffix.lower()]
        if '*' in self._path.name:
            try:
                self._path.parent.mkdir(exist_ok=True)
            except OSError as error:
                raise OutputError(f'cannot write {self._path.parent}: {error.strerror or error}') from error

    def append(self, frame: Frame, name: str = '') -> None:
        """Writes the people of an image; name: name of its file, or its number. Raises OutputError."""
        own = self._path.name.replace('*', picture_name(name or str(self._count), ''))
        write_bytes(self._path.with_name(own), self._bytes(frame))
        self._count += 1

    def close(self) -> None:
        """Does nothing, as no file is open."""
