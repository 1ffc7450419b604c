"""Directions and the frames that they span, as matrices (..., 3, 3) that turn column vectors."""

from __future__ import annotations

import numpy as np


def unit(vector: np.ndarray) -> np.ndarray:
    """The vectors (..., n) at length 1."""
    vector = np.asarray(vector, float)
    # Not np.linalg.norm: most calls are for one vector, and its overhead would be half of a pose's time.
    return vector / np.maximum(np.sqrt(np.add.reduce(vector * vector, axis=-1, keepdims=True)), 1e-12)


def level_camera(ahead: np.ndarray) -> np.ndarray:
    """(3, 3) from a world with z upwards to a camera that looks ahead (3,), without roll."""
    ahead = unit(ahead)
    right = unit(np.cross(ahead, [0.0, 0.0, 1.0]))
    return np.stack([right, np.cross(ahead, right), ahead])


def frame(along: np.ndarray, beside: np.ndarray) -> np.ndarray:
    """Axes as columns (..., 3, 3): the first `along`, the second `beside` made square to it."""
    first = unit(along)
    second = unit(beside - (first * beside).sum(-1, keepdims=True) * first)
    result = np.empty((*np.broadcast_shapes(first.shape, second.shape), 3))
    result[..., 0], result[..., 1] = first, second
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):  # the cross product, without np.cross' overhead
        result[..., i, 2] = first[..., j] * second[..., k] - first[..., k] * second[..., j]
    return result
