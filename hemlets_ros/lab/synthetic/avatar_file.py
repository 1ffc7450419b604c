"""The file format of avatars: rigged, clothed, textured people in `NAME.npz`.

Frame of the file: metres, y up, facing +z, T-pose. Its skeleton has Mixamo's names (Hips, LeftUpLeg ...).
For material m = 0 (body and clothes) and optionally 1 (a wig or eyes): m{m}_vertices int16 / 4096 = metres,
m{m}_faces, m{m}_uv uint16 / 16384 with v downwards, m{m}_joints and m{m}_weights uint8 (v, 4),
m{m}_texture_webp (the bytes of an image). Then joint_names, joint_parents and joint_rest (j, 4, 4), the
joint frames of the rest pose in the world.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.datasets.safe_npz import open_npz

#: y up, facing +z -> z up, facing -y.
_AXES = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
_VERTEX_UNITS, _UV_UNITS = 4096, 16384


#: Colour of a second mesh without a texture, which is eyes.
_PLAIN = np.full((64, 64, 4), (200, 205, 210, 255), np.uint8)


@dataclass(frozen=True)
class Part:
    """A mesh with one texture."""

    vertices: np.ndarray  # (n, 3) metres, z up, facing -y
    triangles: np.ndarray  # (m, 3)
    uvs: np.ndarray  # (n, 2), v upwards
    joints: np.ndarray  # (n, 4) the joints that move each vertex
    weights: np.ndarray  # (n, 4), each row sums to 1
    texture: np.ndarray  # (H, W, 4) uint8, BGR and opacity


@dataclass(frozen=True)
class Avatar:
    """A person in the T-pose."""

    name: str
    parts: list[Part]
    joints: dict[str, np.ndarray]  # (3,) each, metres, z up, facing -y; Part.joints has indices into it


def find_avatars(folder: str | Path) -> dict[str, Path]:
    """The avatar files in a folder and its subfolders, by name. Raises SourceError if there is none."""
    found = {path.stem: path for path in sorted(Path(folder).rglob('*.npz'))}
    if not found:
        raise SourceError(f'no avatars (*.npz) in {folder}')
    return found


def read_avatar(path: Path) -> Avatar:
    """Reads an avatar file. Raises SourceError if it is not one."""
    with open_npz(path, 'an avatar') as file:
        names = [str(name) for name in file['joint_names']]
        rest = file['joint_rest'][:, :3, 3].astype(float) @ _AXES.T
        parts = [_part(file, material) for material in range(2) if f'm{material}_vertices' in file]
        if not parts:
            raise KeyError('m0_vertices')
        if max(int(part.joints.max()) for part in parts) >= len(names):
            raise ValueError('weights of joints that do not exist')
        return Avatar(path.stem, parts, dict(zip(names, rest, strict=True)))


def _part(file: np.lib.npyio.NpzFile, material: int) -> Part:
    def held(name: str) -> np.ndarray:
        return file[f'm{material}_{name}']

    weights = held('weights').astype(np.float32)
    return Part(held('vertices') / _VERTEX_UNITS @ _AXES.T, held('faces').astype(np.int32),
                held('uv') / _UV_UNITS * [1, -1] + [0, 1], held('joints').astype(int),
                weights / np.maximum(weights.sum(axis=1, keepdims=True), 1),
            _decoded(held('texture_webp')) if f'm{material}_texture_webp' in file or not material else _PLAIN)


def _decoded(webp: np.ndarray) -> np.ndarray:
    texture = cv2.imdecode(webp, cv2.IMREAD_UNCHANGED) if len(webp) else None
    if texture is None or texture.ndim != 3:
        raise ValueError('a texture cannot be decoded')
    return cv2.cvtColor(texture, cv2.COLOR_BGR2BGRA) if texture.shape[2] == 3 else texture
