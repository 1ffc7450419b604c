"""Triangles, texture seams and normals."""

from __future__ import annotations

from typing import Any

import numpy as np


def triangles_of_quads(faces: np.ndarray) -> np.ndarray:
    """Quads (n, 4) -> triangles (2 n, 3)."""
    return np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]])


def triangles_of_json(model: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Vertex and texture coordinate indices, each (n, 3), of a mesh in three.js' JSON format 3.

    In that format, each face starts with a bit mask that defines which indices follow.
    """
    stream, at = model['faces'], 0
    corners: list[list[int]] = []
    texels: list[list[int]] = []
    while at < len(stream):
        bits = stream[at]
        size = 4 if bits & 1 else 3
        at += 1
        vertices = stream[at:at + size]
        at += size + bool(bits & 2) + bool(bits & 4)  # skips material and texture coordinate of the face
        uvs = vertices
        if bits & 8:
            uvs = stream[at:at + size]
            at += size
        at += bool(bits & 16) + size * bool(bits & 32)  # skips normals of the face and of its vertices
        at += bool(bits & 64) + size * bool(bits & 128)  # skips colours of the face and of its vertices
        for pick in ((0, 1, 2), (0, 2, 3))[:size - 2]:
            corners.append([vertices[i] for i in pick])
            texels.append([uvs[i] for i in pick])
    return np.array(corners), np.array(texels)


def split_seams(corners: np.ndarray, texels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Splits vertices at texture seams, because GPUs need one texture coordinate per vertex.

    corners, texels: (n, 3) vertex and texture coordinate indices of triangles. Returns the old vertex (m,)
    and the texture coordinate (m,) of each new vertex, and the triangles (n, 3) of new vertices.
    """
    stride = int(texels.max()) + 1
    keys, inverse = np.unique(corners.reshape(-1).astype(np.int64) * stride + texels.reshape(-1),
                              return_inverse=True)
    return keys // stride, keys % stride, inverse.reshape(-1, 3).astype(np.int32)


def components(triangles: np.ndarray, count: int) -> np.ndarray:
    """Connected components of the vertices 0 .. count - 1: (count,) lowest vertex of each one's component."""
    label = np.arange(count)
    while True:
        lowest = label[triangles].min(axis=1)
        new = label.copy()
        for corner in range(3):
            np.minimum.at(new, triangles[:, corner], lowest)
        new = new[new]  # pointer jumping: the number of rounds grows only logarithmically
        if (new == label).all():
            return label
        label = new


def bounds(points: np.ndarray) -> np.ndarray:
    """Minimum and maximum coordinates (2, d) of points (n, d)."""
    columns = np.ascontiguousarray(points.T)  # ten times as fast as min(axis=0) on a long, narrow array
    return np.stack([columns.min(axis=1), columns.max(axis=1)])


def simplified(vertices: np.ndarray, normals: np.ndarray, fixed: np.ndarray, triangles: np.ndarray,
            cell_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Simplifies a mesh: merges vertices in the same grid cell whose normals are in the same octant.

    vertices, normals: (n, 3); fixed: (n,) bool, vertices to keep, such as those on texture seams; triangles:
    (m, 3). Returns the indices (k,) of the kept vertices, and their triangles, without degenerate ones.
    """
    cells = np.floor(vertices / cell_m).astype(np.int64)
    cells -= cells.min(axis=0)
    side = cells.max(axis=0) + 1
    octant = (normals > 0) @ np.array([1, 2, 4])
    key = ((cells[:, 0] * side[1] + cells[:, 1]) * side[2] + cells[:, 2]) * 8 + octant
    key[fixed] = -1 - np.flatnonzero(fixed)
    _, kept, group = np.unique(key, return_index=True, return_inverse=True)
    merged = group[triangles]
    solid = (merged[:, 0] != merged[:, 1]) & (merged[:, 1] != merged[:, 2]) & (merged[:, 2] != merged[:, 0])
    merged = merged[solid]
    used, compact = np.unique(merged, return_inverse=True)
    return kept[used], compact.reshape(-1, 3).astype(np.int32)
