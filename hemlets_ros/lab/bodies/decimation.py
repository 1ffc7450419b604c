"""A mesh of few vertices whose vertices lie on a fine one's surface, in any shape that takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from hemlets_ros.errors import SourceError
from hemlets_ros.system.extras import how_to_install

_NEAR = 24  # triangles, by their middles, among which the nearest is looked for


@dataclass(frozen=True)
class Decimated:
    """Vertices between those of the fine mesh."""

    corners: np.ndarray  # (v, 3) vertices of the fine mesh
    shares: np.ndarray  # (v, 3) how much of each
    triangles: np.ndarray  # (t, 3)

    def of(self, values: np.ndarray) -> np.ndarray:
        """Values of the fine mesh's vertices (n, ...) -> of ours (v, ...)."""
        result: np.ndarray = np.einsum('vc,vc...->v...', self.shares, values[self.corners])
        return result


def decimated(vertices: np.ndarray, triangles: np.ndarray, count: int) -> Decimated:
    """A mesh of about so many triangles, by quadric edge collapse (Garland and Heckbert, 1997).

    Raises SourceError where its library is missing.
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
    """The triangles (n,) nearest to points (n, 3), where on them (n, 3; barycentric), how far away (n,)."""
    corner = vertices[triangles].astype(float)
    _, near = cKDTree(corner.mean(axis=1)).query(points, _NEAR)
    shares = barycentric(points[:, None], corner[near])
    away = np.linalg.norm(np.einsum('vnc,vncx->vnx', shares, corner[near]) - points[:, None], axis=-1)
    rows, best = np.arange(len(points)), away.argmin(axis=1)
    return near[rows, best], shares[rows, best], away[rows, best]


def barycentric(points: np.ndarray, corner: np.ndarray) -> np.ndarray:
    """Coordinates (..., 3), each 0..1, near the point of triangles (..., 3, 3) that is nearest to points.

    Exact where that point is inside.
    """
    a, b = corner[..., 1, :] - corner[..., 0, :], corner[..., 2, :] - corner[..., 0, :]
    p = points - corner[..., 0, :]
    aa, ab, bb, pa, pb = ((one * other).sum(-1) for one, other in ((a, a), (a, b), (b, b), (p, a), (p, b)))
    below = np.maximum(aa * bb - ab * ab, 1e-18)
    second, third = (bb * pa - ab * pb) / below, (aa * pb - ab * pa) / below
    shares = np.stack([1 - second - third, second, third], axis=-1).clip(0, 1)
    result: np.ndarray = shares / shares.sum(axis=-1, keepdims=True)
    return result
