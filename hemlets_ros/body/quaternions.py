"""Rotations as unit quaternions (..., 4): w, x, y, z, right-handed, turning column vectors.

`multiply(a, b)` turns by b first, then by a. q and -q are the same rotation.
"""

from __future__ import annotations

import numpy as np

IDENTITY = np.array([1.0, 0.0, 0.0, 0.0])


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., n) at length 1; those of length 0 stay."""
    vectors = np.asarray(vectors, float)
    result: np.ndarray = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return result


def multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The products (..., 4)."""
    aw, ax, ay, az = np.moveaxis(np.asarray(a), -1, 0)
    bw, bx, by, bz = np.moveaxis(np.asarray(b), -1, 0)
    return np.stack([aw * bw - ax * bx - ay * by - az * bz, aw * bx + ax * bw + ay * bz - az * by,
                     aw * by - ax * bz + ay * bw + az * bx, aw * bz + ax * by - ay * bx + az * bw], axis=-1)


def inverse(q: np.ndarray) -> np.ndarray:
    """The rotations (..., 4) back."""
    result: np.ndarray = np.asarray(q) * [1.0, -1.0, -1.0, -1.0]
    return result


def rotate(q: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., 3), turned by (..., 4)."""
    q = np.asarray(q, float)
    w, xyz = q[..., :1], q[..., 1:]
    twice = 2 * np.cross(xyz, vectors)
    result: np.ndarray = vectors + w * twice + np.cross(xyz, twice)
    return result


def about(axis: np.ndarray, angle_rad: np.ndarray | float) -> np.ndarray:
    """(..., 4): by angles (...) about axes (..., 3)."""
    half = np.asarray(angle_rad, float)[..., None] / 2
    axis = unit(axis)
    shape = np.broadcast_shapes(half.shape[:-1], axis.shape[:-1])
    return np.concatenate([np.broadcast_to(np.cos(half), (*shape, 1)),
                           np.broadcast_to(np.sin(half) * axis, (*shape, 3))], axis=-1)


def shortest(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(..., 4): the smallest rotations from directions (..., 3) to others; between opposite ones: any."""
    start, end = np.broadcast_arrays(unit(start), unit(end))
    w = 1 + np.sum(start * end, axis=-1, keepdims=True)
    axis = np.cross(start, end)
    opposite = w < 1e-9
    if opposite.any():
        beside = np.where(np.abs(start[..., :1]) < 0.9, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
        axis = np.where(opposite, np.cross(start, beside), axis)
    return unit(np.concatenate([np.where(opposite, 0.0, w), axis], axis=-1))


def from_matrix(matrices: np.ndarray) -> np.ndarray:
    """Rotation matrices (..., 3, 3) -> (..., 4), w not negative."""
    m = np.asarray(matrices, float)
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    # Four ways to the same quaternion; the one with the largest divisor is exact.
    sizes = np.stack([xx + yy + zz, xx - yy - zz, yy - xx - zz, zz - xx - yy], axis=-1)
    yz, zx, xy = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    syz, szx, sxy = m[..., 2, 1] + m[..., 1, 2], m[..., 0, 2] + m[..., 2, 0], m[..., 1, 0] + m[..., 0, 1]
    one = 1 + sizes
    ways = np.stack([np.stack([one[..., 0], yz, zx, xy], -1), np.stack([yz, one[..., 1], sxy, szx], -1),
                     np.stack([zx, sxy, one[..., 2], syz], -1), np.stack([xy, szx, syz, one[..., 3]], -1)],
                    axis=-2)
    best = np.argmax(sizes, axis=-1)[..., None, None]
    q = unit(np.take_along_axis(ways, best, axis=-2)[..., 0, :])
    return np.where(q[..., :1] < 0, -q, q)


def to_matrix(q: np.ndarray) -> np.ndarray:
    """(..., 4) -> rotation matrices (..., 3, 3)."""
    q = np.asarray(q, float)
    return np.stack([rotate(q, axis) for axis in np.eye(3)], axis=-1)


def power(q: np.ndarray, share: float | np.ndarray) -> np.ndarray:
    """(..., 4): so much of each rotation, by the shorter way."""
    q = np.where(np.asarray(q)[..., :1] < 0, -np.asarray(q, float), q)
    sine = np.linalg.norm(q[..., 1:], axis=-1)
    return about(q[..., 1:], 2 * np.arctan2(sine, q[..., 0]) * share)


def between(start: np.ndarray, end: np.ndarray, share: float) -> np.ndarray:
    """(..., 4): from start (0) to end (1) by the shorter way, at an even pace (slerp)."""
    return multiply(start, power(multiply(inverse(start), end), share))


def angle_deg(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(...): the angle, 0..180, between rotations (..., 4)."""
    difference = multiply(inverse(a), b)
    sine = np.linalg.norm(difference[..., 1:], axis=-1)
    result: np.ndarray = np.degrees(2 * np.arctan2(sine, np.abs(difference[..., 0])))
    return result


def continuous(q: np.ndarray) -> np.ndarray:
    """(n, ..., 4) with the signs for which neighbours along the first axis are near each other."""
    q = np.asarray(q, float)
    flips = np.where(np.sum(q[1:] * q[:-1], axis=-1, keepdims=True) < 0, -1.0, 1.0)
    signs = np.concatenate([np.ones((min(1, len(q)), *flips.shape[1:])), np.cumprod(flips, axis=0)])
    result: np.ndarray = q * signs
    return result
