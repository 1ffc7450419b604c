"""Pinhole cameras: intrinsics, projection, rays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from hemlets_ros.errors import InputError

_UNDISTORT_UNTIL = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 100, 1e-9)


#: Number of distortion coefficients -> what CameraInfo.msg calls such a lens.
DISTORTION_MODELS = {0: '', 4: 'plumb_bob', 5: 'plumb_bob', 8: 'rational_polynomial'}


@dataclass(frozen=True)
class Intrinsics:
    """A camera's focal lengths and centre, in px, and its lens distortion (OpenCV's plumb_bob order)."""

    matrix: np.ndarray  # (3, 3), px
    distortion: np.ndarray = field(default_factory=lambda: np.zeros(0))  # (0 | 4 | 5 | 8,)
    assumed: bool = False  # True: a guess from a field of view, not a calibration

    def __post_init__(self) -> None:
        matrix = np.asarray(self.matrix, float)
        if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
            raise InputError(f'intrinsics must be a finite 3x3 matrix in px, not shape {matrix.shape}')
        if not (matrix[0, 0] > 0 and matrix[1, 1] > 0):
            raise InputError('intrinsics need positive focal lengths; give None for an unknown camera')
        distortion = np.asarray(self.distortion, float).ravel()
        if distortion.size not in (0, 4, 5, 8) or not np.isfinite(distortion).all():
            raise InputError(f'distortion must be 0, 4, 5 or 8 numbers, not {distortion.size}')
        object.__setattr__(self, 'matrix', matrix)
        object.__setattr__(self, 'distortion', distortion)

    @classmethod
    def from_fov(cls, width_px: int, height_px: int, fov_deg: float) -> Intrinsics:
        """Assumed intrinsics of an image whose width spans `fov_deg` degrees."""
        focal = width_px / 2 / np.tan(np.radians(fov_deg) / 2)
        return cls(np.array([[focal, 0, (width_px - 1) / 2], [0, focal, (height_px - 1) / 2],
                             [0, 0, 1]]), assumed=True)

    def rays(self, points_px: np.ndarray) -> np.ndarray:
        """Points (..., 2) in image px -> (..., 2), X/Z and Y/Z of the rays through them."""
        points_px = np.asarray(points_px, float)
        if self.distortion.any() and points_px.size:
            # undistortPoints would stop after 5 iterations: half a pixel off at the corners.
            flat = cv2.undistortPointsIter(points_px.reshape(-1, 1, 2), self.matrix, self.distortion,
                                           None, None, _UNDISTORT_UNTIL)
            return flat.reshape(points_px.shape)
        y = (points_px[..., 1] - self.matrix[1, 2]) / self.matrix[1, 1]
        x = (points_px[..., 0] - self.matrix[0, 2] - self.matrix[0, 1] * y) / self.matrix[0, 0]
        return np.stack([x, y], axis=-1)

    def project(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 3) in the camera frame, any unit -> (..., 2) image px."""
        points = np.asarray(points, float)
        if self.distortion.any() and points.size:
            flat, _ = cv2.projectPoints(points.reshape(-1, 1, 3), np.zeros(3), np.zeros(3),
                                        self.matrix, self.distortion)
            return flat.reshape(*points.shape[:-1], 2)
        homogeneous = points @ self.matrix.T
        return homogeneous[..., :2] / homogeneous[..., 2:]


def intrinsics_from_camera_info(k: Sequence[float], d: Sequence[float], model: str) -> Intrinsics | None:
    """Intrinsics from the fields of sensor_msgs/CameraInfo; None where it is not calibrated (k[0] = 0)."""
    if k[0] == 0:
        return None
    if len(d) and model not in DISTORTION_MODELS.values():
        raise InputError(f'distortion model {model!r} is not supported: '
                         'publish rectified images, or plumb_bob or rational_polynomial')
    return Intrinsics(np.array(k).reshape(3, 3), np.array(d))
