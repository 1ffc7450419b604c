"""Triangle meshes."""

from __future__ import annotations

import numpy as np


def vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Unit normals (n, 3) of vertices (n, 3): area-weighted means of the normals of their triangles."""
    corner = vertices[triangles]
    facing = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normals = np.zeros_like(vertices)
    for axis in range(3):
        normals[:, axis] = np.bincount(triangles.reshape(-1), np.repeat(facing[:, axis], 3), len(vertices))
    result: np.ndarray = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return result
