"""Rotations as matrices (..., 3, 3) that turn column vectors."""

from __future__ import annotations

import numpy as np


def about(axis: np.ndarray | tuple[float, float, float], angle_rad: np.ndarray | float) -> np.ndarray:
    """Rotation about a unit axis (3,) by angles of any shape (...): (..., 3, 3)."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]], float)
    angle = np.asarray(angle_rad, float)[..., None, None]
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)


def from_quaternions(wxyz: np.ndarray) -> np.ndarray:
    """Quaternions (..., 4), w first, of any length but zero."""
    w, x, y, z = np.moveaxis(wxyz / np.linalg.norm(wxyz, axis=-1, keepdims=True), -1, 0)
    rows = [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
            2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
            2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]
    return np.stack(rows, axis=-1).reshape(*w.shape, 3, 3)


def to_quaternions(matrices: np.ndarray) -> np.ndarray:
    """(..., 4), w first and not negative."""
    m = np.asarray(matrices, float)
    trace = np.trace(m, axis1=-2, axis2=-1)
    # The four candidates q_i * q; the row of the largest q_i is the accurate one.
    rows = np.stack([
        np.stack([1 + trace, m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0],
                  m[..., 1, 0] - m[..., 0, 1]], -1),
        np.stack([m[..., 2, 1] - m[..., 1, 2], 1 + 2 * m[..., 0, 0] - trace,
                  m[..., 0, 1] + m[..., 1, 0], m[..., 0, 2] + m[..., 2, 0]], -1),
        np.stack([m[..., 0, 2] - m[..., 2, 0], m[..., 0, 1] + m[..., 1, 0],
                  1 + 2 * m[..., 1, 1] - trace, m[..., 1, 2] + m[..., 2, 1]], -1),
        np.stack([m[..., 1, 0] - m[..., 0, 1], m[..., 0, 2] + m[..., 2, 0],
                  m[..., 1, 2] + m[..., 2, 1], 1 + 2 * m[..., 2, 2] - trace], -1)], -2)
    best = np.diagonal(rows, axis1=-2, axis2=-1).argmax(-1)
    q = np.take_along_axis(rows, best[..., None, None], -2)[..., 0, :]
    q = q / np.linalg.norm(q, axis=-1, keepdims=True)
    return np.where(q[..., :1] < 0, -q, q)


def vector_of(matrix: np.ndarray) -> np.ndarray:
    """Axis times angle in rad (..., 3), the angle 0..pi."""
    q = to_quaternions(matrix)
    sine = np.linalg.norm(q[..., 1:], axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, q[..., :1])
    return q[..., 1:] * np.where(sine > 1e-9, angle / np.maximum(sine, 1e-9), 2.0)


def from_vector(vector: np.ndarray) -> np.ndarray:
    """Axis times angle in rad (..., 3) -> (..., 3, 3)."""
    half = np.linalg.norm(vector, axis=-1, keepdims=True) / 2
    return from_quaternions(np.concatenate([np.cos(half), np.sinc(half / np.pi) * vector / 2], axis=-1))


def between(start: np.ndarray, end: np.ndarray, fraction: float) -> np.ndarray:
    """The rotation a fraction of the shortest way from `start` to `end`."""
    return start @ from_vector(fraction * vector_of(np.swapaxes(start, -1, -2) @ end))


def unit(vector: np.ndarray) -> np.ndarray:
    """The vectors (..., n) at length 1."""
    vector = np.asarray(vector, float)
    return vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-12)


def level_camera(ahead: np.ndarray) -> np.ndarray:
    """(3, 3) from a world with z upwards to a camera that looks ahead (3,), without roll."""
    ahead = unit(ahead)
    right = unit(np.cross(ahead, [0.0, 0.0, 1.0]))
    return np.stack([right, np.cross(ahead, right), ahead])


def frame(along: np.ndarray, beside: np.ndarray) -> np.ndarray:
    """Axes as columns (..., 3, 3): the first `along`, the second `beside` made square to it."""
    first = unit(along)
    second = unit(beside - (first * beside).sum(-1, keepdims=True) * first)
    return np.stack([first, second, np.cross(first, second)], axis=-1)
