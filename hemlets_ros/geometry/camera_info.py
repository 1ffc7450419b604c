"""sensor_msgs/CameraInfo -> intrinsics of an image, as in image_geometry's PinholeCameraModel."""

from __future__ import annotations

import functools
import logging
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.intrinsics import FISHEYE, PINHOLE_MODELS, Intrinsics

_LOGGER = logging.getLogger(__name__)


class RegionOfInterest(Protocol):
    """The fields of sensor_msgs/RegionOfInterest in the classes of rclpy and of rosbags."""

    x_offset: int
    y_offset: int
    height: int
    width: int


class CameraInfo(Protocol):
    """The fields of sensor_msgs/CameraInfo in the classes of rclpy and of rosbags."""

    height: int
    width: int
    distortion_model: str
    d: Sequence[float]
    k: Sequence[float]
    p: Sequence[float]
    binning_x: int
    binning_y: int
    roi: RegionOfInterest


def is_rectified(image_topic: str) -> bool:
    """Whether a topic has image_proc's name for rectified images: image_rect, image_rect_color ..."""
    return any(part.startswith('image_rect') for part in image_topic.split('/'))


def image_intrinsics(info: CameraInfo, size_px: tuple[int, int],
                     rectified: bool = False) -> Intrinsics | None:
    """The intrinsics of an image whose camera has published `info`.

    K applies to the full sensor. It is shifted by the region of interest and divided by the binning. If the
    image has another size than these give, it is also scaled, because nodes that resize images often keep
    CameraInfo.

    Args:
        info: the message.
        size_px: width and height of the image.
        rectified: use P, without distortion.

    Returns None for a camera that is not calibrated, and, with a warning, for values that are not finite.
    Raises InputError for an image of another aspect ratio, and for an unsupported distortion model.
    """
    if not np.isfinite([*info.k, *info.p, *info.d]).all():
        _warn_once('camera_info has non-finite values: the camera is treated as not calibrated')
        return None
    matrix = np.array(info.k, float).reshape(3, 3)
    if rectified and info.p[0]:  # some drivers set K only
        matrix = np.array(info.p, float).reshape(3, 4)[:, :3]
    if matrix[0, 0] == 0:
        return None
    left, top, width, height = _region(info)
    binning = np.array([max(info.binning_x, 1), max(info.binning_y, 1)], float)
    to_image = np.diag([*(1 / binning), 1.0]) @ np.array([[1.0, 0, -left], [0, 1, -top], [0, 0, 1]])
    intrinsics = Intrinsics(matrix) if rectified else \
        intrinsics_from_camera_info(info.k, info.d, info.distortion_model)
    if intrinsics is None:
        return None
    intrinsics = intrinsics.seen_through(to_image)
    if not (width and height):  # some drivers do not set the size
        return intrinsics
    return intrinsics.resized((round(width / binning[0]), round(height / binning[1])), size_px)


@functools.cache
def _warn_once(text: str) -> None:
    """Logs a warning at its first call with this text only: the callers run for each image."""
    _LOGGER.warning(text)


def intrinsics_from_camera_info(k: Sequence[float], d: Sequence[float], model: str) -> Intrinsics | None:
    """Intrinsics from the fields k (9,), d and distortion_model of a CameraInfo, without binning and region.

    Returns None for an uncalibrated camera (k[0] = 0). Raises InputError for an unsupported distortion model.
    """
    if k[0] == 0:
        return None
    matrix, distortion = np.array(k, float).reshape(3, 3), np.array(d, float)
    if model == FISHEYE:
        return Intrinsics(matrix, distortion, fisheye=True)
    if not distortion.any():  # the name of the model does not matter then
        return Intrinsics(matrix)
    if model not in PINHOLE_MODELS:
        raise InputError(f'distortion model {model!r} is not supported: publish rectified images, or '
                         f'{", ".join([*PINHOLE_MODELS, FISHEYE])}')
    return Intrinsics(matrix, distortion)


def _region(info: CameraInfo) -> tuple[int, int, int, int]:
    """Left, top, width, height in px of the full image; all zero means the full image."""
    roi = info.roi
    if roi.width and roi.height:
        return roi.x_offset, roi.y_offset, roi.width, roi.height
    return 0, 0, info.width, info.height
