"""Pose of a camera: from its optical frame (x right, y down, z forward) to the map (z up), REP-103."""

from __future__ import annotations

import numpy as np

from hemlets_ros.errors import SettingsError

#: Its columns are the axes of the optical frame in a body frame (x forward, y left, z up), REP-103.
OPTICAL_AXES = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
#: A level camera at the origin of the map.
LEVEL = '0 0 0 0 0 0'
_MAX_VALUE = 1e6  # m, rad


def parse_pose(text: str) -> np.ndarray:
    """'x y z roll pitch yaw' -> (6,), m and rad. Raises SettingsError for anything else."""
    try:
        values = np.array(text.split(), float)
    except ValueError:
        values = np.zeros(0)
    if values.shape != (6,) or not (np.abs(values) < _MAX_VALUE).all():
        raise SettingsError(f'camera_in_map must be six numbers "x y z roll pitch yaw", not {text!r}')
    return values


def to_map_m(joints_mm: np.ndarray, pose: np.ndarray) -> np.ndarray:
    """Transforms points (..., 3) from mm in the optical frame to m in the map.

    pose: (6,) as from `parse_pose`; the rotations are about the fixed axes x, y, z in this order (REP-103).
    """
    rotation = rotation_about(2, pose[5]) @ rotation_about(1, pose[4]) @ rotation_about(0, pose[3])
    moved: np.ndarray = joints_mm / 1000 @ (rotation @ OPTICAL_AXES).T + pose[:3]
    return moved


def rotation_about(axis: int, angle_rad: float) -> np.ndarray:
    """Matrix (3, 3) of the right-handed rotation about an axis: 0 for x, 1 for y, 2 for z."""
    cosine, sine = np.cos(angle_rad), np.sin(angle_rad)
    result = np.eye(3)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    result[first, first] = result[second, second] = cosine
    result[first, second], result[second, first] = -sine, sine
    return result


def pose_of_transform(translation_m: np.ndarray, wxyz: np.ndarray) -> np.ndarray:
    """Converts a transform from an optical frame to the map into a pose (6,) as from `parse_pose`.

    wxyz: (4,) quaternion, not zero. If the camera looks straight up or down, roll and yaw are not unique.
    """
    w, x, y, z = wxyz / np.linalg.norm(wxyz)
    turn = np.array([[1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                     [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                     [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]]) @ OPTICAL_AXES.T
    angles = np.arctan2(turn[2, 1], turn[2, 2]), np.arcsin(np.clip(-turn[2, 0], -1, 1)), np.arctan2(
        turn[1, 0], turn[0, 0])
    return np.array([*translation_m, *angles], float)
