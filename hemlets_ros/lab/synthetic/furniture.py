"""Chairs, sofas, beds, tables and objects on them, made of boxes, and occlusion by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from hemlets_ros.lab.synthetic import materials
from hemlets_ros.lab.synthetic.props import unit_cuboid
from hemlets_ros.lab.synthetic.renderer import Model, Renderer

#: Maximum number of boxes of a piece of furniture.
_BOXES = 12
_TEXTURE_PX = 128
#: Number of textures; each can be used once per image.
COVERS = 12


@dataclass(frozen=True)
class Box:
    """A box in the furniture's frame: x to the user's left, -y ahead, z up from the ground, metres."""

    centre: tuple[float, float, float]
    size: tuple[float, float, float]


@dataclass(frozen=True)
class Furniture:
    """Boxes, and the pose of their frame in the world."""

    boxes: list[Box]
    origin: np.ndarray  # (3,) world metres
    turn_rad: float  # about the vertical

    @property
    def rotation(self) -> np.ndarray:
        """Rotation (3, 3) from the furniture's frame to the world."""
        return Rotation.from_euler('z', self.turn_rad).as_matrix()

    def contains(self, points: np.ndarray) -> np.ndarray:
        """Mask (n,) of the points (n, 3), world metres, that are inside a box."""
        axes = self._local(points)
        inside = np.zeros(len(points), bool)
        for box in self.boxes:
            x, y, z = (abs(axis - middle) < size / 2
                       for axis, middle, size in zip(axes, box.centre, box.size, strict=True))
            inside |= x & y & z
        return inside

    def hides(self, eye: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Mask (n,) of the points (n, 3) that a box occludes from the eye (3,), world metres."""
        start = self._local(eye[None])
        way = self._local(points) - start
        per_m = 1 / np.where(abs(way) < 1e-9, 1e-9, way)
        hidden = np.zeros(len(points), bool)
        for box in self.boxes:
            # Ray parameters at which the ray to each point enters and leaves the box; the point is at 1.
            middle, half = np.array(box.centre)[:, None] - start, np.array(box.size)[:, None] / 2
            near, far = (middle - half) * per_m, (middle + half) * per_m
            enter = np.minimum(near, far).max(axis=0)
            leave = np.maximum(near, far).min(axis=0)
            hidden |= (enter < leave) & (leave > 0) & (enter < 0.995)
        return hidden

    def _local(self, points: np.ndarray) -> np.ndarray:
        """Points (n, 3) of the world -> (3, n) in the furniture's frame; reductions over rows are faster."""
        return self.rotation.T @ (points - self.origin).T


class FurnitureStore:
    """Box meshes on the GPU, one per texture."""

    def __init__(self, renderer: Renderer, seed: int) -> None:
        vertices, uvs, triangles = unit_cuboid()
        self._vertices = np.tile(vertices, (_BOXES, 1, 1))
        self._normals = np.tile(_flat_normals(vertices), (_BOXES, 1))
        all_triangles = np.concatenate([triangles + len(vertices) * number for number in range(_BOXES)])
        rng = np.random.default_rng([seed, 7])
        self._models = []
        for _ in range(COVERS):
            texture = np.full((1, _TEXTURE_PX, _TEXTURE_PX, 4), 255, np.uint8)
            texture[0, ..., :3] = 255 * _cover(rng)
            self._models.append(renderer.model(np.tile(uvs, (_BOXES, 1)), all_triangles, texture))

    def place(self, furniture: Furniture, cover: int) -> Model:
        """The furniture with texture number `cover`, ready to be drawn. Use each texture once per image."""
        sizes, centres = np.zeros((_BOXES, 1, 3)), np.zeros((_BOXES, 1, 3))
        for number, box in enumerate(furniture.boxes[:_BOXES]):
            sizes[number, 0], centres[number, 0] = box.size, box.centre
        places = (self._vertices * sizes + centres).reshape(-1, 3) @ furniture.rotation.T + furniture.origin
        model = self._models[cover % COVERS]
        model.place(places, self._normals @ furniture.rotation.T)
        return model


def chair(seat_m: float, back_y: float | None, rng: np.random.Generator) -> list[Box]:
    """A chair or stool with its seat at seat_m; back_y: where a backrest may begin; None: no backrest."""
    width, depth, thick = rng.uniform(0.38, 0.55), rng.uniform(0.38, 0.5), rng.uniform(0.03, 0.1)
    thick = min(thick, 0.5 * seat_m)
    boxes = [Box((0, -0.06, seat_m - thick / 2), (width, depth, thick))]
    if rng.random() < 0.3:  # one column instead of legs
        boxes += [Box((0, -0.06, (seat_m - thick) / 2), (0.07, 0.07, seat_m - thick)),
                  Box((0, -0.06, 0.03), (0.55, 0.08, 0.06)), Box((0, -0.06, 0.03), (0.08, 0.55, 0.06))]
    else:
        boxes += _legs(width, depth, seat_m - thick, rng.uniform(0.03, 0.06), -0.06)
    if back_y is not None and rng.random() < 0.75:
        height, thick = rng.uniform(0.25, 0.7), rng.uniform(0.03, 0.09)
        low = seat_m + rng.uniform(0.0, 0.2)
        boxes.append(Box((0, back_y + thick / 2, low + height / 2),
                         (width * rng.uniform(0.8, 1), thick, height)))
    if rng.random() < 0.25:
        rest = seat_m + rng.uniform(0.17, 0.26)
        boxes += [Box((side * (width / 2 + 0.03), -0.04, rest), (0.05, 0.32, 0.04)) for side in (-1, 1)]
    return boxes


def sofa(seat_m: float, back_y: float | None, shin_y: float, aside_m: float,
         rng: np.random.Generator) -> list[Box]:
    """A sofa whose front stays behind shin_y; aside_m: offset of its middle to the user's left."""
    width, arm = rng.uniform(1.3, 2.2), rng.uniform(0.12, 0.25)
    back = back_y if back_y is not None else 0.25
    depth = min(rng.uniform(0.55, 0.8), back - shin_y)
    middle = back - depth / 2
    boxes = [Box((aside_m, middle, seat_m / 2), (width, depth, seat_m)),
             Box((aside_m, back + 0.1, 0.4 + seat_m / 2), (width, 0.2, 0.8 + rng.uniform(-0.2, 0.2)))]
    if rng.random() < 0.7:
        height = seat_m + rng.uniform(0.12, 0.25)
        boxes += [Box((aside_m + side * (width + arm) / 2, middle, height / 2), (arm, depth, height))
                  for side in (-1, 1)]
    return boxes


def bed(low: np.ndarray, high: np.ndarray, height_m: float, rng: np.random.Generator) -> list[Box]:
    """A bed under a person who covers the ground area low .. high (2,), in the bed's frame."""
    size = np.maximum(high - low + 0.2, rng.uniform([0.9, 0.9], [1.6, 1.6]))
    x, y = (low + high) / 2
    boxes = [Box((x, y, height_m - 0.1), (size[0], size[1], 0.2)),
             Box((x, y, (height_m - 0.2) / 2 + 0.05),
                 (size[0] * 0.97, size[1] * 0.97, max(height_m - 0.3, 0.05)))]
    if rng.random() < 0.6:
        end = rng.choice([-1, 1])
        along = int(size[1] > size[0])
        thick = [size[0], size[1], height_m + rng.uniform(0.1, 0.6)]
        thick[along] = 0.06
        centre = [x, y, thick[2] / 2]
        centre[along] += end * (size[along] / 2 + 0.03)
        boxes.append(Box((centre[0], centre[1], centre[2]), (thick[0], thick[1], thick[2])))
    return boxes


def table(near_y: float, top_m: float, rng: np.random.Generator) -> list[Box]:
    """A table or desk with its near edge at near_y and its top at top_m."""
    width, depth, thick = rng.uniform(0.7, 1.9), rng.uniform(0.45, 0.95), rng.uniform(0.02, 0.06)
    x, y = rng.normal(0, 0.15), near_y - depth / 2
    boxes = [Box((x, y, top_m - thick / 2), (width, depth, thick))]
    kind = rng.random()
    if kind < 0.55:
        boxes += _legs(width, depth, top_m - thick, rng.uniform(0.03, 0.08), y, x)
    else:
        boxes += [Box((x + side * (width / 2 - 0.03), y, (top_m - thick) / 2),
                      (0.04, depth * 0.95, top_m - thick))
                  for side in (-1, 1)]
    if kind > 0.4:  # a panel across the front
        height = (top_m - thick) * rng.uniform(0.4, 1)
        boxes.append(Box((x, y - depth / 2 + 0.05, top_m - thick - height / 2), (width * 0.95, 0.03, height)))
    return boxes


def objects_on(near_y: float, top_m: float, rng: np.random.Generator) -> list[Box]:
    """Random objects on a table, like a laptop, a screen, books or cups."""
    boxes = []
    if rng.random() < 0.35:
        x, y = rng.normal(0, 0.12), near_y - rng.uniform(0.2, 0.35)
        boxes += [Box((x, y, top_m + 0.01), (0.33, 0.23, 0.02)),
                  Box((x, y - 0.14, top_m + 0.12), (0.33, 0.02, 0.22))]
    elif rng.random() < 0.3:
        x, y, wide = rng.normal(0, 0.3), near_y - rng.uniform(0.35, 0.5), rng.uniform(0.4, 0.65)
        boxes += [Box((x, y, top_m + 0.08), (0.08, 0.08, 0.16)),
                  Box((x, y - 0.02, top_m + 0.12 + wide * 0.3), (wide, 0.03, wide * 0.58))]
    for _ in range(int(rng.integers(0, 4))):
        size = rng.uniform([0.06, 0.06, 0.02], [0.3, 0.25, 0.2])
        boxes.append(Box((rng.uniform(-0.6, 0.6), near_y - rng.uniform(0.1, 0.5), top_m + size[2] / 2),
                         (size[0], size[1], size[2])))
    return boxes


def _legs(width: float, depth: float, height: float, thick: float, y: float, x: float = 0.0) -> list[Box]:
    reach = [(side * (width - thick) / 2, end * (depth - thick) / 2) for side in (-1, 1) for end in (-1, 1)]
    return [Box((x + dx, y + dy, height / 2), (thick, thick, height)) for dx, dy in reach]


def _flat_normals(vertices: np.ndarray) -> np.ndarray:
    """Normals (24, 3) of a unit cuboid (24, 3) with four vertices per side."""
    sides = vertices.reshape(6, 4, 3).mean(axis=1)
    return np.repeat(sides / np.linalg.norm(sides, axis=1, keepdims=True), 4, axis=0)


def _cover(rng: np.random.Generator) -> np.ndarray:
    """A texture of wood, plastic or cloth: (128, 128, 3) float32, 0..1."""
    if rng.random() < 0.5:
        light = rng.uniform(0.15, 0.85)  # from dark to pale
        wood = light * np.array([rng.uniform(0.45, 0.75), rng.uniform(0.65, 0.88), 1.0])
        grain = materials.noise(_TEXTURE_PX, 8, rng, 2, 4)
        shade = 0.75 + 0.5 * np.repeat(grain, _TEXTURE_PX // 8, axis=1)[..., None]
        return np.clip(wood * shade, 0, 1)
    cloth = materials.pattern(_TEXTURE_PX, rng)
    return cloth + rng.uniform(0.3, 0.95) * (cloth.mean(axis=2, keepdims=True) - cloth)  # low saturation


def hidden_by(furniture: Sequence[Furniture], eye: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Mask (n,) of the points (n, 3) that furniture occludes from an eye (3,), world metres."""
    hidden = np.zeros(len(points), bool)
    for piece in furniture:
        hidden |= piece.hides(eye, points)
    return hidden
