"""Rotations as unit quaternions (..., 4): w, x, y, z, right-handed, for column vectors.

`multiply(a, b)` rotates by b first, then by a. q and -q are the same rotation.

Functions with `xyzw` in their names take and return a single quaternion in the order of ROS as a tuple of
floats, which is faster than arrays for a few quaternions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

IDENTITY = np.array([1.0, 0.0, 0.0, 0.0])


def unit(vectors: np.ndarray) -> np.ndarray:
    """Normalises vectors (..., n) to length 1; those of length 0 stay."""
    vectors = np.asarray(vectors, float)
    # This module avoids np.linalg.norm, np.cross and np.stack in frequent operations: for a single frame, as
    # in a live stream, their overhead would be most of the time.
    lengths = np.sqrt(np.add.reduce(vectors * vectors, axis=-1, keepdims=True))
    result: np.ndarray = vectors / np.maximum(lengths, 1e-12)
    return result


def cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Cross products (..., 3)."""
    result = np.empty(np.broadcast_shapes(np.shape(a), np.shape(b)))
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        result[..., i] = a[..., j] * b[..., k] - a[..., k] * b[..., j]
    return result


def multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Products (..., 4): the rotations b, followed by a."""
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
    """Inverse rotations (..., 4)."""
    result: np.ndarray = np.asarray(q) * [1.0, -1.0, -1.0, -1.0]
    return result


def rotate(q: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Rotates vectors (..., 3) by quaternions (..., 4)."""
    q = np.asarray(q, float)
    w, xyz = q[..., :1], q[..., 1:]
    twice = 2 * cross(xyz, np.asarray(vectors))
    result: np.ndarray = vectors + w * twice + cross(xyz, twice)
    return result


def about(axis: np.ndarray, angle_rad: np.ndarray | float) -> np.ndarray:
    """Rotations (..., 4) by angles (...) about axes (..., 3)."""
    half = np.asarray(angle_rad, float)[..., None] / 2
    axis = unit(axis)
    result = np.empty((*np.broadcast_shapes(half.shape[:-1], axis.shape[:-1]), 4))
    result[..., :1] = np.cos(half)
    result[..., 1:] = np.sin(half) * axis
    return result


def shortest(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The smallest rotations (..., 4) between directions (..., 3); not unique for opposite directions."""
    start, end = np.broadcast_arrays(unit(start), unit(end))
    w = 1 + np.sum(start * end, axis=-1, keepdims=True)
    axis = cross(start, end)
    opposite = w < 1e-9
    if opposite.any():
        beside = np.where(np.abs(start[..., :1]) < 0.9, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
        axis = np.where(opposite, cross(start, beside), axis)
    return unit(np.concatenate([np.where(opposite, 0.0, w), axis], axis=-1))


def from_matrix(matrices: np.ndarray) -> np.ndarray:
    """Rotation matrices (..., 3, 3) -> quaternions (..., 4) with w >= 0."""
    m = np.asarray(matrices, float)
    diagonal = [m[..., axis, axis] for axis in range(3)]
    trace = diagonal[0] + diagonal[1] + diagonal[2]
    # Row i of `multiples` is the quaternion times 4 q[i]. The row with the largest factor is the most exact.
    multiples = np.empty((*trace.shape, 4, 4))
    multiples[..., 0, 0] = 1 + trace
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        multiples[..., i + 1, i + 1] = 1 + 2 * diagonal[i] - trace
        multiples[..., 0, i + 1] = multiples[..., i + 1, 0] = m[..., k, j] - m[..., j, k]
        multiples[..., j + 1, k + 1] = multiples[..., k + 1, j + 1] = m[..., k, j] + m[..., j, k]
    best = np.argmax(np.einsum('...ii->...i', multiples), axis=-1)[..., None, None]
    q = unit(np.take_along_axis(multiples, best, axis=-2)[..., 0, :])
    return np.where(q[..., :1] < 0, -q, q)


def to_matrix(q: np.ndarray) -> np.ndarray:
    """Quaternions (..., 4) -> rotation matrices (..., 3, 3)."""
    q = np.asarray(q, float)
    return np.stack([rotate(q, axis) for axis in np.eye(3)], axis=-1)


def power(q: np.ndarray, share: float | np.ndarray) -> np.ndarray:
    """Multiplies the angle of each rotation (..., 4), taken in -180..180 degrees, by `share`."""
    q = np.where(np.asarray(q)[..., :1] < 0, -np.asarray(q, float), q)
    sine = np.linalg.norm(q[..., 1:], axis=-1)
    return about(q[..., 1:], 2 * np.arctan2(sine, q[..., 0]) * share)


def between(start: np.ndarray, end: np.ndarray, share: float) -> np.ndarray:
    """Spherical linear interpolation (slerp) along the shorter arc; share: 0 at start, 1 at end."""
    return multiply(start, power(multiply(inverse(start), end), share))


def angle_deg(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Angle (...) between rotations (..., 4), 0..180."""
    difference = multiply(inverse(a), b)
    sine = np.linalg.norm(difference[..., 1:], axis=-1)
    result: np.ndarray = np.degrees(2 * np.arctan2(sine, np.abs(difference[..., 0])))
    return result


def continuous(q: np.ndarray) -> np.ndarray:
    """Chooses the signs of quaternions (n, ..., 4) so that neighbours along the first axis are close."""
    q = np.asarray(q, float)
    flips = np.where(np.sum(q[1:] * q[:-1], axis=-1, keepdims=True) < 0, -1.0, 1.0)
    signs = np.concatenate([np.ones((min(1, len(q)), *flips.shape[1:])), np.cumprod(flips, axis=0)])
    result: np.ndarray = q * signs
    return result


Xyzw = tuple[float, float, float, float]
Vector = tuple[float, float, float]
XYZW_IDENTITY: Final[Xyzw] = (0.0, 0.0, 0.0, 1.0)


def xyzw_product(a: Xyzw, b: Xyzw) -> Xyzw:
    """Product: the rotation b, followed by a."""
    (ax, ay, az, aw), (bx, by, bz, bw) = a, b
    return (aw * bx + ax * bw + ay * bz - az * by, aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw, aw * bw - ax * bx - ay * by - az * bz)


def xyzw_from_rpy(roll: float, pitch: float, yaw: float) -> Xyzw:
    """Rotation from angles in rad about the fixed axes x, y, z in this order (REP-103)."""
    (sr, cr), (sp, cp), (sy, cy) = ((math.sin(a / 2), math.cos(a / 2)) for a in (roll, pitch, yaw))
    return xyzw_product(xyzw_product((0.0, 0.0, sy, cy), (0.0, sp, 0.0, cp)), (sr, 0.0, 0.0, cr))


def xyzw_about(axis: Sequence[float], angle_rad: float) -> Xyzw:
    """The rotation about an axis of length 1."""
    sine = math.sin(angle_rad / 2)
    x, y, z = axis
    return x * sine, y * sine, z * sine, math.cos(angle_rad / 2)


def xyzw_from_matrix(matrix: np.ndarray) -> Xyzw:
    """Rotation matrix (3, 3) -> quaternion with w >= 0."""
    w, x, y, z = from_matrix(matrix).tolist()
    return x, y, z, w


def xyzw_rotated(quaternion: Xyzw, vector: Vector) -> Vector:
    """Rotates a vector."""
    x, y, z, w = quaternion
    rx, ry, rz, _ = xyzw_product(xyzw_product(quaternion, (*vector, 0.0)), (-x, -y, -z, w))
    return rx, ry, rz
