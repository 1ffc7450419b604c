"""Renders shaded meshes from a camera's viewpoint, with OpenCV only, by the painter's algorithm."""

from __future__ import annotations

from typing import Final, NamedTuple

import cv2
import numpy as np

from hemlets_ros.geometry.intrinsics import Intrinsics

_NEAREST_MM: Final = 100.0  # near plane; closer surfaces are not drawn
_SHIFT: Final = 4  # fractional bits of OpenCV's drawing coordinates
_REACH_PX: Final = 8000  # limit of coordinates, as OpenCV's drawing overflows far outside the image
#: Direction to the light, at the upper left behind the camera; and brightness of surfaces that face away.
_LIGHT: Final = np.array([-0.35, -0.55, -0.76])
_AMBIENT: Final = 0.35


class ColouredMesh(NamedTuple):
    """A triangle mesh in the camera frame, with its colour."""

    vertices_mm: np.ndarray  # (v, 3)
    triangles: np.ndarray  # (t, 3), counter-clockwise from outside
    rgb: tuple[float, float, float]  # 0..1


def paint(canvas: np.ndarray, meshes: list[ColouredMesh], intrinsics: Intrinsics,
          opacity: float = 1.0) -> None:
    """Draws the front sides of meshes into a (H, W, 3) uint8 BGR image, in place; nearer ones on top."""
    parts = [part for part in (_faces(mesh, intrinsics) for mesh in meshes) if len(part[0])]
    if not parts:
        return
    points, depth_mm, colours = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(-depth_mm)
    layer = canvas if opacity >= 1 else canvas.copy()
    for corners, colour in zip(points[order], colours[order].tolist(), strict=True):
        cv2.fillConvexPoly(layer, corners, colour, cv2.LINE_8, _SHIFT)
    if layer is not canvas:
        cv2.addWeighted(layer, opacity, canvas, 1 - opacity, 0, dst=canvas)


def _faces(mesh: ColouredMesh, intrinsics: Intrinsics) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Corners (n, 3, 2) int32 in 1/16 px, distances (n,) mm and BGR (n, 3) of the visible triangles."""
    corner = mesh.vertices_mm[mesh.triangles]  # (t, 3, xyz)
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    seen = (np.einsum('tx,tx->t', normal, corner[:, 0]) < 0) & (corner[..., 2].min(axis=1) > _NEAREST_MM)
    corner, normal = corner[seen], normal[seen]
    if not len(corner):
        return np.zeros((0, 3, 2), np.int32), np.zeros(0), np.zeros((0, 3))
    px = intrinsics.project(corner.reshape(-1, 3)).reshape(-1, 3, 2)
    points = np.round(px.clip(-_REACH_PX, _REACH_PX) * 2 ** _SHIFT).astype(np.int32)
    bright = _AMBIENT + (1 - _AMBIENT) * (normal @ (_LIGHT / np.linalg.norm(_LIGHT))).clip(0, 1)
    return points, corner[..., 2].mean(axis=1), 255 * bright[:, None] * np.array(mesh.rgb)[::-1]
