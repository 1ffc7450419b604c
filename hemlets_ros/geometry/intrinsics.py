"""Pinhole cameras with lens distortion: intrinsics, projection, rays."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from hemlets_ros.errors import InputError

_UNDISTORT_UNTIL = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 100, 1e-9)

#: Distortion models of CameraInfo.msg: OpenCV's fisheye model, and the models of its pinhole cameras.
FISHEYE = 'equidistant'
PINHOLE_MODELS = ('plumb_bob', 'rational_polynomial')
#: Number of pinhole coefficients -> distortion_model; 12 include a thin prism, 14 also a tilted sensor.
_MODELS = {0: '', 4: 'plumb_bob', 5: 'plumb_bob'} | dict.fromkeys((8, 12, 14), 'rational_polynomial')

_MIN_FOCAL_PX, _MAX_VALUE = 1e-3, 1e9
_ASPECT_TOLERANCE = 0.02  # relative; sizes in px are rounded


@dataclass(frozen=True)
class Intrinsics:
    """Camera matrix and lens distortion in OpenCV's conventions. Raises InputError for invalid values."""

    matrix: np.ndarray  # (3, 3), px
    distortion: np.ndarray = field(default_factory=lambda: np.zeros(0))  # (0 | 4 | 5 | 8 | 12 | 14,)
    assumed: bool = False  # True: from an assumed field of view instead of a calibration
    fisheye: bool = False  # True: the 4 coefficients are those of OpenCV's fisheye model

    def __post_init__(self) -> None:
        matrix = np.asarray(self.matrix, float)
        if matrix.shape != (3, 3):
            raise InputError(f'intrinsics must be a 3x3 matrix in px, not of shape {matrix.shape}')
        if not (np.abs(matrix) < _MAX_VALUE).all():
            raise InputError(f'intrinsics must be finite and below {_MAX_VALUE:.0e} px')
        if not (matrix[0, 0] > _MIN_FOCAL_PX and matrix[1, 1] > _MIN_FOCAL_PX):
            raise InputError('intrinsics need positive focal lengths; give None for an unknown camera')
        if matrix[1, 0] or matrix[2].tolist() != [0, 0, 1]:
            raise InputError(f'the last row of intrinsics must be 0 0 1 and the first of the second 0, '
                             f'not {" ".join(f"{value:g}" for value in matrix[2])} and {matrix[1, 0]:g}')
        distortion = np.asarray(self.distortion, float).ravel()
        sizes = (4,) if self.fisheye else tuple(_MODELS)
        if distortion.size not in sizes:
            raise InputError(f'distortion must be {", ".join(map(str, sizes))} numbers, '
                             f'not {distortion.size}')
        if not (np.abs(distortion) < _MAX_VALUE).all():
            raise InputError('distortion has non-finite or too large values')
        object.__setattr__(self, 'matrix', matrix)
        object.__setattr__(self, 'distortion', distortion)

    @classmethod
    def from_fov(cls, width_px: int, height_px: int, fov_deg: float) -> Intrinsics:
        """Assumed intrinsics of an image with a horizontal field of view of `fov_deg` degrees."""
        focal = width_px / 2 / np.tan(np.radians(fov_deg) / 2)
        return cls(np.array([[focal, 0, (width_px - 1) / 2], [0, focal, (height_px - 1) / 2],
                             [0, 0, 1]]), assumed=True)

    @property
    def distortion_model(self) -> str:
        """Name of the model as in CameraInfo.msg; empty: no distortion."""
        return FISHEYE if self.fisheye else _MODELS[self.distortion.size]

    def seen_through(self, transform: np.ndarray) -> Intrinsics:
        """Intrinsics after cropping and scaling; transform: (3, 3), px of the old image -> px of the new."""
        return replace(self, matrix=transform @ self.matrix)

    def resized(self, from_px: tuple[int, int], to_px: tuple[int, int]) -> Intrinsics:
        """Intrinsics of the image resized from one (width, height) to another.

        Raises InputError for another aspect ratio.
        """
        if min(from_px) < 1:
            raise InputError(f'the calibration is for images of {from_px[0]} x {from_px[1]} px')
        scale = np.array(to_px) / np.array(from_px)
        if abs(scale - 1).max() * max(to_px) <= 1:  # differences by rounding
            return self
        if abs(scale[0] / scale[1] - 1) > _ASPECT_TOLERANCE:
            raise InputError(f'the calibration is for {from_px[0]} x {from_px[1]} px images, not for '
                             f'{to_px[0]} x {to_px[1]} px: their shapes differ')
        return self.seen_through(np.diag([*scale, 1.0]))

    def rays(self, points_px: np.ndarray) -> np.ndarray:
        """Points (..., 2) in image px -> (..., 2), X/Z and Y/Z of the rays through them."""
        points_px = np.asarray(points_px, float)
        if self.fisheye and points_px.size:
            flat = cv2.fisheye.undistortPoints(points_px.reshape(-1, 1, 2), self.matrix, self.distortion)
            return np.asarray(flat).reshape(points_px.shape)
        if self.distortion.any() and points_px.size:
            # undistortPoints stops after 5 iterations, with errors of half a pixel at the corners.
            flat = cv2.undistortPointsIter(points_px.reshape(-1, 1, 2), self.matrix, self.distortion,
                                           np.eye(3), np.eye(3), _UNDISTORT_UNTIL)
            return np.asarray(flat).reshape(points_px.shape)
        y = (points_px[..., 1] - self.matrix[1, 2]) / self.matrix[1, 1]
        x = (points_px[..., 0] - self.matrix[0, 2] - self.matrix[0, 1] * y) / self.matrix[0, 0]
        return np.stack([x, y], axis=-1)

    def project(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 3) in the camera frame, any unit -> (..., 2) image px."""
        points = np.asarray(points, float)
        if self.fisheye and points.size:
            flat, _ = cv2.fisheye.projectPoints(points.reshape(-1, 1, 3), np.zeros(3), np.zeros(3),
                                                self.matrix, self.distortion)
            return np.asarray(flat).reshape(*points.shape[:-1], 2)
        if self.distortion.any() and points.size:
            flat, _ = cv2.projectPoints(points.reshape(-1, 1, 3), np.zeros(3), np.zeros(3),
                                        self.matrix, self.distortion)
            return np.asarray(flat).reshape(*points.shape[:-1], 2)
        homogeneous = points @ self.matrix.T
        result: np.ndarray = homogeneous[..., :2] / homogeneous[..., 2:]
        return result
