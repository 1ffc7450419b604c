"""A decimated mesh whose vertices lie on the surface of the fine mesh, for any shape of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from hemlets_ros.errors import SourceError
from hemlets_ros.system.extras import how_to_install

_NEAR = 24  # candidates for the nearest triangle, by their centroids


@dataclass(frozen=True)
class Decimated:
    """Vertices as barycentric combinations of the fine mesh's vertices."""

    corners: np.ndarray  # (v, 3) vertices of the fine mesh
    shares: np.ndarray  # (v, 3) barycentric coordinates
    triangles: np.ndarray  # (t, 3)

    def of(self, values: np.ndarray) -> np.ndarray:
        """Interpolates values of the fine mesh's vertices (n, ...) at these vertices: (v, ...)."""
        result: np.ndarray = np.einsum('vc,vc...->v...', self.shares, values[self.corners])
        return result


def decimated(vertices: np.ndarray, triangles: np.ndarray, count: int) -> Decimated:
    """A mesh of about `count` triangles, by quadric edge collapse (Garland and Heckbert, 1997).

    Raises SourceError if the library for it is missing.
    """
    try:
        import fast_simplification
    except ImportError as error:
        raise SourceError(f'fast-simplification is missing: {how_to_install("synth")}') from error
    points, faces = fast_simplification.simplify(
        vertices.astype(np.float32), triangles.astype(np.int32), target_count=count, agg=4)
    used, faces = np.unique(faces, return_inverse=True)
    points, faces = points[used].astype(float), faces.reshape(-1, 3)
    nearest, shares, _ = on_surface(points, vertices, triangles)
    return Decimated(triangles[nearest], shares, faces)


def on_surface(points: np.ndarray, vertices: np.ndarray,
               triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The triangles (n,) nearest to points (n, 3), barycentric coordinates (n, 3), and distances (n,)."""
    corner = vertices[triangles].astype(float)
    _, near = cKDTree(corner.mean(axis=1)).query(points, _NEAR)
    shares = barycentric(points[:, None], corner[near])
    away = np.linalg.norm(np.einsum('vnc,vncx->vnx', shares, corner[near]) - points[:, None], axis=-1)
    rows, best = np.arange(len(points)), away.argmin(axis=1)
    return near[rows, best], shares[rows, best], away[rows, best]


def barycentric(points: np.ndarray, corner: np.ndarray) -> np.ndarray:
    """Approximate barycentric coordinates (..., 3), 0..1, of the points of triangles nearest to `points`.

    corner: (..., 3, 3). The result is exact if the nearest point is inside the triangle.
    """
    a, b = corner[..., 1, :] - corner[..., 0, :], corner[..., 2, :] - corner[..., 0, :]
    p = points - corner[..., 0, :]
    aa, ab, bb, pa, pb = ((one * other).sum(-1) for one, other in ((a, a), (a, b), (b, b), (p, a), (p, b)))
    below = np.maximum(aa * bb - ab * ab, 1e-18)
    second, third = (bb * pa - ab * pb) / below, (aa * pb - ab * pa) / below
    shares = np.stack([1 - second - third, second, third], axis=-1).clip(0, 1)
    result: np.ndarray = shares / shares.sum(axis=-1, keepdims=True)
    return result
