"""Estimates intrinsics from views of a calibration board, or says why the views are insufficient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.calibration_board import View
from hemlets_ros.geometry.intrinsics import Intrinsics

#: Greatest allowed relative standard deviation of the focal length; distances of people scale with it.
_MAX_FOCAL_DEVIATION = 0.02
_MIN_TILT_DEG = 15  # greatest angle between two views; parallel boards do not determine the focal length
_MIN_SPAN = 0.35  # share of the image's width and height that the corners of all views span


@dataclass(frozen=True)
class CameraFit:
    """Estimated intrinsics and their errors."""

    intrinsics: Intrinsics
    size_px: tuple[int, int]  # width, height
    error_px: float  # root mean square reprojection error
    view_errors_px: dict[str, float]  # the same for each view, by its name
    focal_deviation: float  # relative standard deviation of the focal length


def fit_camera(views: Sequence[View], size_px: tuple[int, int], *, rational: bool = False,
               min_views: int = 8, max_error_px: float = 1.0) -> CameraFit:
    """Estimates the camera with the smallest reprojection error.

    Args:
        views: images of the same board.
        size_px: width and height of the images.
        rational: estimate 8 coefficients of distortion, for wide lenses, instead of 5.
        min_views: the smallest number of views.
        max_error_px: the greatest reprojection error.

    Raises InputError for too few views, for views that do not determine the focal length (none tilted), and
    for a reprojection error above max_error_px.
    """
    if len(views) < min_views:
        raise InputError(f'the board is seen in {len(views)} images, and {min_views} are needed: take more, '
                         'with the whole board sharp and well lit; check --size if it is never found')
    corners = np.concatenate([view.image_px for view in views])
    spanned = np.ptp(corners, axis=0) / size_px
    if (spanned < _MIN_SPAN).any():
        raise InputError(f'the board covers {100 * spanned[0]:.0f} % of the width and '
                         f'{100 * spanned[1]:.0f} % of the height, all images together: show it near all '
                         'borders of the image')
    try:
        error, matrix, distortion, rotations, _, deviations, _, each = cv2.calibrateCameraExtended(
            [view.board_m for view in views], [view.image_px[:, None] for view in views], size_px,
            np.eye(3), np.zeros(5), flags=cv2.CALIB_RATIONAL_MODEL if rational else 0)
        intrinsics = Intrinsics(matrix, distortion.ravel()[:8 if rational else 5])
    except (cv2.error, InputError) as failure:
        raise InputError('no camera explains these images of the board: take more, from different '
                         'directions') from failure
    errors = {view.name: float(value) for view, value in zip(views, each.ravel(), strict=True)}
    if error > max_error_px:
        worst = sorted(errors, key=errors.__getitem__)[-3:][::-1]
        raise InputError(f'the reprojection error is {error:.2f} px, more than {max_error_px:g}: is the '
                         'board flat, is --size right, do images blur? Worst: '
                         + ', '.join(f'{name} {errors[name]:.2f} px' for name in worst))
    deviation = float((deviations.ravel()[:2] / [matrix[0, 0], matrix[1, 1]]).max())
    tilt_deg = _greatest_tilt_deg(rotations)
    if tilt_deg < _MIN_TILT_DEG or not deviation < _MAX_FOCAL_DEVIATION:
        raise InputError(f'these views leave the focal length open (known to {100 * deviation:.1f} %, '
                         f'greatest angle between two of them {tilt_deg:.0f} degrees): tilt the board, '
                         'by 30 to 45 degrees, to the left, right, top and bottom')
    return CameraFit(intrinsics, size_px, float(error), errors, deviation)


def _greatest_tilt_deg(rotations: Sequence[np.ndarray]) -> float:
    """The greatest angle between the board's normals in two views."""
    normals = np.array([cv2.Rodrigues(each)[0][:, 2] for each in rotations])
    return float(np.degrees(np.arccos(np.clip(normals @ normals.T, -1, 1).min())))
