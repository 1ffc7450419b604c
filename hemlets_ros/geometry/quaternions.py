"""Rotations as unit quaternions (..., 4): w, x, y, z, right-handed, turning column vectors.

`multiply(a, b)` turns by b first, then by a. q and -q are the same rotation.

Functions with `xyzw` in their names take and give single ones as ROS has them, in plain numbers: for a few of
them arrays would be slower.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

IDENTITY = np.array([1.0, 0.0, 0.0, 0.0])


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., n) at length 1; those of length 0 stay."""
    vectors = np.asarray(vectors, float)
    # Not np.linalg.norm here, nor np.cross and np.stack below: for one frame, as in a live stream, their
    # overhead would be most of the time.
    lengths = np.sqrt(np.add.reduce(vectors * vectors, axis=-1, keepdims=True))
    result: np.ndarray = vectors / np.maximum(lengths, 1e-12)
    return result


def cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The cross products (..., 3)."""
    result = np.empty(np.broadcast_shapes(np.shape(a), np.shape(b)))
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        result[..., i] = a[..., j] * b[..., k] - a[..., k] * b[..., j]
    return result


def multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The products (..., 4)."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    aw, ax, ay, az = (a[..., index] for index in range(4))
    bw, bx, by, bz = (b[..., index] for index in range(4))
    result = np.empty(np.broadcast_shapes(a.shape, b.shape))
    result[..., 0] = aw * bw - ax * bx - ay * by - az * bz
    result[..., 1] = aw * bx + ax * bw + ay * bz - az * by
    result[..., 2] = aw * by - ax * bz + ay * bw + az * bx
    result[..., 3] = aw * bz + ax * by - ay * bx + az * bw
    return result


def inverse(q: np.ndarray) -> np.ndarray:
    """The rotations (..., 4) back."""
    result: np.ndarray = np.asarray(q) * [1.0, -1.0, -1.0, -1.0]
    return result


def rotate(q: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., 3), turned by (..., 4)."""
    q = np.asarray(q, float)
    w, xyz = q[..., :1], q[..., 1:]
    twice = 2 * cross(xyz, np.asarray(vectors))
    result: np.ndarray = vectors + w * twice + cross(xyz, twice)
    return result


def about(axis: np.ndarray, angle_rad: np.ndarray | float) -> np.ndarray:
    """(..., 4): by angles (...) about axes (..., 3)."""
    half = np.asarray(angle_rad, float)[..., None] / 2
    axis = unit(axis)
    result = np.empty((*np.broadcast_shapes(half.shape[:-1], axis.shape[:-1]), 4))
    result[..., :1] = np.cos(half)
    result[..., 1:] = np.sin(half) * axis
    return result


def shortest(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(..., 4): the smallest rotations from directions (..., 3) to others; between opposite ones: any."""
    start, end = np.broadcast_arrays(unit(start), unit(end))
    w = 1 + np.sum(start * end, axis=-1, keepdims=True)
    axis = cross(start, end)
    opposite = w < 1e-9
    if opposite.any():
        beside = np.where(np.abs(start[..., :1]) < 0.9, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
        axis = np.where(opposite, cross(start, beside), axis)
    return unit(np.concatenate([np.where(opposite, 0.0, w), axis], axis=-1))


def from_matrix(matrices: np.ndarray) -> np.ndarray:
    """Rotation matrices (..., 3, 3) -> (..., 4), w not negative."""
    m = np.asarray(matrices, float)
    diagonal = [m[..., axis, axis] for axis in range(3)]
    trace = diagonal[0] + diagonal[1] + diagonal[2]
    # Four multiples of the quaternion, by each of its numbers; the longest one is exact.
    ways = np.empty((*trace.shape, 4, 4))
    ways[..., 0, 0] = 1 + trace
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        ways[..., i + 1, i + 1] = 1 + 2 * diagonal[i] - trace
        ways[..., 0, i + 1] = ways[..., i + 1, 0] = m[..., k, j] - m[..., j, k]
        ways[..., j + 1, k + 1] = ways[..., k + 1, j + 1] = m[..., k, j] + m[..., j, k]
    best = np.argmax(np.einsum('...ii->...i', ways), axis=-1)[..., None, None]
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


Xyzw = tuple[float, float, float, float]
Vector = tuple[float, float, float]
XYZW_IDENTITY: Final[Xyzw] = (0.0, 0.0, 0.0, 1.0)


def xyzw_product(a: Xyzw, b: Xyzw) -> Xyzw:
    """First b, then a."""
    (ax, ay, az, aw), (bx, by, bz, bw) = a, b
    return (aw * bx + ax * bw + ay * bz - az * by, aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw, aw * bw - ax * bx - ay * by - az * bz)


def xyzw_from_rpy(roll: float, pitch: float, yaw: float) -> Xyzw:
    """Rotations, rad, about the fixed axes x, y, z in this order (REP-103)."""
    (sr, cr), (sp, cp), (sy, cy) = ((math.sin(a / 2), math.cos(a / 2)) for a in (roll, pitch, yaw))
    return xyzw_product(xyzw_product((0.0, 0.0, sy, cy), (0.0, sp, 0.0, cp)), (sr, 0.0, 0.0, cr))


def xyzw_about(axis: Sequence[float], angle_rad: float) -> Xyzw:
    """The rotation about an axis of length 1."""
    sine = math.sin(angle_rad / 2)
    x, y, z = axis
    return x * sine, y * sine, z * sine, math.cos(angle_rad / 2)


def xyzw_from_matrix(matrix: np.ndarray) -> Xyzw:
    """Of a rotation (3, 3), with w >= 0."""
    w, x, y, z = from_matrix(matrix).tolist()
    return x, y, z, w


def xyzw_rotated(quaternion: Xyzw, vector: Vector) -> Vector:
    """A vector, rotated."""
    x, y, z, w = quaternion
    rx, ry, rz, _ = xyzw_product(xyzw_product(quaternion, (*vector, 0.0)), (-x, -y, -z, w))
    return rx, ry, rz
