"""Unit vectors, and rotation matrices (..., 3, 3) for column vectors made from directions."""

from __future__ import annotations

import numpy as np


def unit(vector: np.ndarray) -> np.ndarray:
    """The vectors (..., n), normalised to length 1."""
    vector = np.asarray(vector, float)
    # np.linalg.norm has a large overhead for single vectors: half of the time of a pose.
    return vector / np.maximum(np.sqrt(np.add.reduce(vector * vector, axis=-1, keepdims=True)), 1e-12)


def level_camera(ahead: np.ndarray) -> np.ndarray:
    """Rotation (3, 3) from the world (z up) to a camera without roll that looks along `ahead` (3,)."""
    ahead = unit(ahead)
    right = unit(np.cross(ahead, [0.0, 0.0, 1.0]))
    return np.stack([right, np.cross(ahead, right), ahead])


def frame(along: np.ndarray, beside: np.ndarray) -> np.ndarray:
    """Orthonormal axes as columns (..., 3, 3): the first is `along`, the second is close to `beside`."""
    first = unit(along)
    second = unit(beside - (first * beside).sum(-1, keepdims=True) * first)
    result = np.empty((*np.broadcast_shapes(first.shape, second.shape), 3))
    result[..., 0], result[..., 1] = first, second
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):  # the cross product, without np.cross' overhead
        result[..., i, 2] = first[..., j] * second[..., k] - first[..., k] * second[..., j]
    return result
