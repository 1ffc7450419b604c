"""A world with gravity: from the camera's frame to one whose y axis points up.

World axes: y up, z the horizontal component of the camera's viewing direction, x = y cross z (to the left of
a person who looks along z). Origin: the point vertically below the camera on the ground of each person. The
axes are those of the rest pose (bones.py): the pelvis of an upright person who looks along the viewing
direction of the camera has the identity rotation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hemlets_ros.errors import SettingsError
from hemlets_ros.geometry import quaternions as quat

_CAMERA_UP = np.array([0.0, -1.0, 0.0])
_CAMERA_AHEAD = np.array([0.0, 0.0, 1.0])
#: If the camera looks up or down more steeply than this, z comes from the image's upward direction instead.
_STEEP = np.cos(np.radians(10))
#: World axes (x left, y up, z forward) -> those of REP-103 (x forward, y left, z up).
_Z_UP = quat.from_matrix(np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]]))


@dataclass(frozen=True)
class Up:
    """The direction of up and its source."""

    direction: np.ndarray  # (3,) unit, in the camera's optical frame (x right, y down, z forward)
    origin: str  # source of the direction, as text for people
    uncertainty_deg: float | None = None  # standard deviation of the tilt; None: unknown

    @property
    def camera_pitch_deg(self) -> float:
        """Pitch of the camera; positive: it looks down."""
        return float(np.degrees(np.arcsin(np.clip(-self.direction[2], -1, 1))))

    @property
    def from_camera(self) -> np.ndarray:
        """Rotation matrix (3, 3) from the camera frame to the world."""
        up = quat.unit(self.direction)
        ahead = _CAMERA_AHEAD if abs(up[2]) < _STEEP else _CAMERA_UP * np.sign(-up[2])
        forward = quat.unit(ahead - (ahead @ up) * up)
        return np.stack([np.cross(up, forward), up, forward])


def level_camera() -> Up:
    """Up for a camera without pitch and roll."""
    return Up(_CAMERA_UP, 'a level camera, as told')


def given_up(vector: np.ndarray) -> Up:
    """Up from a given vector in the optical frame of the camera. Raises SettingsError for an invalid one."""
    if vector.shape != (3,) or not np.isfinite(vector).all() or np.linalg.norm(vector) < 1e-6:
        raise SettingsError(f'up must be three numbers, not all 0, in the camera frame; got {vector}')
    return Up(quat.unit(vector), 'as given')


def up_of_camera_pose(roll_rad: float, pitch_rad: float, yaw_rad: float) -> Up:
    """Up for a camera whose pose in a map with z up is given by the parameter camera_in_map.

    Angles about the fixed axes x, y, z, in this order, with x forward, y left, z up (REP-103).
    """
    axes = np.eye(3)
    turned = quat.multiply(quat.about(axes[2], yaw_rad), quat.multiply(
        quat.about(axes[1], pitch_rad), quat.about(axes[0], roll_rad)))
    x, y, z = quat.rotate(quat.inverse(turned), axes[2])
    return Up(np.array([-y, -z, x]), 'the pose of the camera')


def up_of_rotations(rotations: np.ndarray) -> np.ndarray:
    """(3,) up in the last frame of a chain of rotations (n, 4); the chain starts in a frame with z up."""
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
