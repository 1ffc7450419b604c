"""A world with gravity: from the camera's frame to one whose y axis points up.

World: y up, z the direction in which the camera looks, made level, x = y cross z (left of somebody who looks
along z); origin: the camera's foot on the ground of each person. Its axes are those of the rest pose
(bones.py), so somebody upright who looks where the camera looks has an unturned pelvis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hemlets_ros.errors import SettingsError
from hemlets_ros.geometry import quaternions as quat

_CAMERA_UP = np.array([0.0, -1.0, 0.0])
_CAMERA_AHEAD = np.array([0.0, 0.0, 1.0])
#: A camera that looks up or down more steeply than this has the image's upper border as its direction.
_STEEP = np.cos(np.radians(10))
#: World axes (x left, y up, z forward) -> those of REP-103 (x forward, y left, z up).
_Z_UP = quat.from_matrix(np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]]))


@dataclass(frozen=True)
class Up:
    """Where up is."""

    direction: np.ndarray  # (3,) unit, in the camera's optical frame (x right, y down, z forward)
    origin: str  # how it is known, for people to read
    uncertainty_deg: float | None = None  # standard deviation of its tilt; None: not known

    @property
    def camera_pitch_deg(self) -> float:
        """How far the camera looks down; negative: up."""
        return float(np.degrees(np.arcsin(np.clip(-self.direction[2], -1, 1))))

    @property
    def from_camera(self) -> np.ndarray:
        """(3, 3) from the camera's axes to the world's."""
        up = quat.unit(self.direction)
        ahead = _CAMERA_AHEAD if abs(up[2]) < _STEEP else _CAMERA_UP * np.sign(-up[2])
        forward = quat.unit(ahead - (ahead @ up) * up)
        return np.stack([np.cross(up, forward), up, forward])


def level_camera() -> Up:
    """Up of a camera without pitch and roll."""
    return Up(_CAMERA_UP, 'a level camera, as told')


def given_up(vector: np.ndarray) -> Up:
    """Up as somebody knows it, in the camera's optical frame. Raises SettingsError for no direction."""
    if vector.shape != (3,) or not np.isfinite(vector).all() or np.linalg.norm(vector) < 1e-6:
        raise SettingsError(f'up must be three numbers, not all 0, in the camera frame; got {vector}')
    return Up(quat.unit(vector), 'as given')


def up_of_camera_pose(roll_rad: float, pitch_rad: float, yaw_rad: float) -> Up:
    """Up of a camera whose pose in a map with z up is known, as the parameter camera_in_map gives it.

    Angles about the fixed axes x, y, z, in this order, with x forward, y left, z up (REP-103).
    """
    axes = np.eye(3)
    turned = quat.multiply(quat.about(axes[2], yaw_rad), quat.multiply(
        quat.about(axes[1], pitch_rad), quat.about(axes[0], roll_rad)))
    x, y, z = quat.rotate(quat.inverse(turned), axes[2])
    return Up(np.array([-y, -z, x]), 'the pose of the camera')


def up_of_rotations(rotations: np.ndarray) -> np.ndarray:
    """(3,) up in the last of frames that hang in each other, the first in one with z up; rotations (n, 4)."""
    up = np.array([0.0, 0.0, 1.0])
    for rotation in rotations:
        up = quat.rotate(quat.inverse(quat.unit(rotation)), up)
    return up


def z_up_points(points: np.ndarray) -> np.ndarray:
    """World points (..., 3) in the axes of REP-103: x forward, y left, z up."""
    return np.asarray(points)[..., [2, 0, 1]]


def z_up_rotations(rotations: np.ndarray) -> np.ndarray:
    """World rotations (..., 4) of bodies as rotations from the rest pose to the axes of REP-103."""
    return quat.multiply(_Z_UP, rotations)
