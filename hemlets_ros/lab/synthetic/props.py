"""Boxes and pillars, as seats and as occluders."""

from __future__ import annotations

import numpy as np

from hemlets_ros.geometry.surface import vertex_normals
from hemlets_ros.lab.synthetic import materials
from hemlets_ros.lab.synthetic.renderer import Model, Renderer

_TEXTURE_PX = 64
#: Number of textures of props, generated once per process.
_COVERS = 12


class Props:
    """Unit meshes on the GPU; each can be used once per image."""

    def __init__(self, renderer: Renderer, seed: int) -> None:
        self._models: list[Model] = []
        self._meshes = (unit_cuboid(), _cylinder())
        self._spare: dict[int, list[Model]] = {0: [], 1: []}
        rng = np.random.default_rng([seed, 3])
        for number in range(_COVERS):
            kind = number % 2
            _, uvs, triangles = self._meshes[kind]
            texture = np.full((1, _TEXTURE_PX, _TEXTURE_PX, 4), 255, np.uint8)
            texture[0, ..., :3] = 255 * materials.pattern(_TEXTURE_PX, rng)
            self._spare[kind].append(renderer.model(uvs, triangles, texture))

    def place(self, kind: int, cover: int, size_m: np.ndarray, centre: np.ndarray, turn_rad: float) -> Model:
        """A cuboid (kind 0) or upright cylinder (1) of size (3,) around `centre` (3,), world metres."""
        model = self._spare[kind][cover % len(self._spare[kind])]
        vertices, _, triangles = self._meshes[kind]
        cosine, sine = np.cos(turn_rad), np.sin(turn_rad)
        turned = (vertices * size_m) @ np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]])
        model.place(turned + centre, vertex_normals(turned, triangles))
        return model


def unit_cuboid() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices (24, 3) within -0.5 .. 0.5, uvs (24, 3), triangles (12, 3)."""
    square = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    vertices, triangles = [], []
    for axis in range(3):
        for side in (-0.5, 0.5):
            start = 4 * len(vertices)
            vertices.append(np.insert(square, axis, side, axis=1))
            pair = np.array([[0, 1, 2], [0, 2, 3]]) + start
            triangles.append(pair if (side > 0) == (axis != 1) else pair[:, ::-1])
    uvs = np.column_stack([np.tile(square + 0.5, (6, 1)), np.zeros(24)])
    return np.concatenate(vertices), uvs, np.concatenate(triangles)


def _cylinder(sides: int = 20) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices, uvs and triangles, as of unit_cuboid, of a cylinder: a ring of walls and a top."""
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    ring = 0.5 * np.column_stack([np.cos(angle), np.sin(angle)])
    low, high = (np.column_stack([ring, np.full(sides + 1, z)]) for z in (-0.5, 0.5))
    lid = np.concatenate([high, [[0, 0, 0.5]]])
    i, n = np.arange(sides), sides + 1
    triangles = np.concatenate([np.column_stack([i, i + 1, n + i + 1]),
                                np.column_stack([i, n + i + 1, n + i]),
                                np.column_stack([2 * n + i, 2 * n + i + 1, np.full(sides, 3 * n)])])
    u = angle / np.pi
    uvs = np.concatenate([np.column_stack([u, np.zeros(n)]), np.column_stack([u, np.ones(n)]), ring + 0.5,
                          [[0.5, 0.5]]])
    return np.concatenate([low, high, lid]), np.column_stack([uvs, np.zeros(len(uvs))]), triangles
