"""Quaternions x, y, z, w as ROS has them, in plain numbers: for a few of them numpy would be slower."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

Quaternion = tuple[float, float, float, float]
Vector = tuple[float, float, float]
IDENTITY: Quaternion = (0.0, 0.0, 0.0, 1.0)


def product(a: Quaternion, b: Quaternion) -> Quaternion:
    """First b, then a."""
    (ax, ay, az, aw), (bx, by, bz, bw) = a, b
    return (aw * bx + ax * bw + ay * bz - az * by, aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw, aw * bw - ax * bx - ay * by - az * bz)


def from_rpy(roll: float, pitch: float, yaw: float) -> Quaternion:
    """Rotations, rad, about the fixed axes x, y, z in this order (REP-103)."""
    (sr, cr), (sp, cp), (sy, cy) = ((math.sin(a / 2), math.cos(a / 2)) for a in (roll, pitch, yaw))
    return product(product((0.0, 0.0, sy, cy), (0.0, sp, 0.0, cp)), (sr, 0.0, 0.0, cr))


def about(axis: Sequence[float], angle_rad: float) -> Quaternion:
    """The rotation about an axis of length 1."""
    sine = math.sin(angle_rad / 2)
    x, y, z = axis
    return x * sine, y * sine, z * sine, math.cos(angle_rad / 2)


def from_matrix(matrix: np.ndarray) -> Quaternion:
    """Of a rotation (3, 3), with w >= 0."""
    m = matrix.tolist()
    # Twice each part, up to its sign; the largest one gives the signs of the others without loss of digits.
    squares = (1 + m[0][0] - m[1][1] - m[2][2], 1 - m[0][0] + m[1][1] - m[2][2],
               1 - m[0][0] - m[1][1] + m[2][2], 1 + m[0][0] + m[1][1] + m[2][2])
    largest = max(range(4), key=squares.__getitem__)
    of_x, of_y, of_z = m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1]  # 4 x w ...
    xy, xz, yz = m[0][1] + m[1][0], m[0][2] + m[2][0], m[1][2] + m[2][1]  # 4 x y ...
    parts = ((squares[0], xy, xz, of_x), (xy, squares[1], yz, of_y), (xz, yz, squares[2], of_z),
             (of_x, of_y, of_z, squares[3]))[largest]
    scale = math.copysign(1 / math.sqrt(sum(part * part for part in parts)), parts[3])
    x, y, z, w = (part * scale for part in parts)
    return x, y, z, w


def rotated(quaternion: Quaternion, vector: Vector) -> Vector:
    """A vector, rotated."""
    x, y, z, w = quaternion
    rx, ry, rz, _ = product(product(quaternion, (*vector, 0.0)), (-x, -y, -z, w))
    return rx, ry, rz
