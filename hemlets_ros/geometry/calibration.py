"""Reading and writing camera calibrations in the YAML format of ROS' camera_calibration."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import yaml

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.intrinsics import FISHEYE, PINHOLE_MODELS, Intrinsics
from hemlets_ros.system.error_text import fault_of
from hemlets_ros.system.yaml_file import load_yaml

_FISHEYE_NAMES = (FISHEYE, 'fisheye')  # camera_calibration writes the latter


def read_calibration(path: str | Path) -> tuple[Intrinsics, tuple[int, int]]:
    """Reads intrinsics and the image size (width, height) in px to which they apply.

    Raises InputError for a file that cannot be read, or that is not a calibration of a supported model.
    """
    try:
        content = load_yaml(path)
        matrix = np.array(content['camera_matrix']['data'], float).reshape(3, 3)
        distortion = np.array(content['distortion_coefficients']['data'], float)
        size = int(content['image_width']), int(content['image_height'])
        model = str(content.get('distortion_model', 'plumb_bob'))[:50]
    except OSError as error:
        raise InputError(f'{path} cannot be read as a camera calibration: {error.strerror or error}'
                         ) from error
    except (ValueError, KeyError, TypeError, OverflowError, AttributeError) as error:
        raise InputError(f'{path} is not a camera calibration (camera_calibration\'s YAML with '
                         f'camera_matrix, distortion_coefficients, image_width, image_height): '
                         f'{fault_of(error)}') from error
    if min(size) <= 0:
        raise InputError(f'{path}: image_width and image_height must be positive, not {size[0]} and '
                         f'{size[1]}')
    if model not in (*PINHOLE_MODELS, *_FISHEYE_NAMES):
        raise InputError(f'{path}: distortion model {model!r} is not supported: use rectified images, '
                         f'or calibrate with {", ".join([*PINHOLE_MODELS, FISHEYE])}')
    try:
        return Intrinsics(matrix, distortion, fisheye=model in _FISHEYE_NAMES), size
    except InputError as error:
        raise InputError(f'{path}: {error}') from error


def calibration_text(intrinsics: Intrinsics, size_px: tuple[int, int], camera_name: str = 'camera',
                     comment: str = '') -> str:
    """A pinhole camera as the YAML that camera_calibration writes and camera_calibration_parsers reads."""
    matrix, distortion = intrinsics.matrix, intrinsics.distortion
    # Alpha 0, as in camera_calibration: the rectified image has no black borders.
    rectified, _ = cv2.getOptimalNewCameraMatrix(matrix, distortion, size_px, 0)
    projection = np.hstack([rectified, np.zeros((3, 1))])
    content = {
        'image_width': size_px[0], 'image_height': size_px[1], 'camera_name': camera_name,
        'camera_matrix': _yaml_matrix(matrix), 'distortion_model': intrinsics.distortion_model or 'plumb_bob',
        'distortion_coefficients': _yaml_matrix(distortion[None] if distortion.size else np.zeros((1, 5))),
        'rectification_matrix': _yaml_matrix(np.eye(3)), 'projection_matrix': _yaml_matrix(projection)}
    head = f'# {comment}\n' if comment else ''
    return head + str(yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=200))


def _yaml_matrix(values: np.ndarray) -> dict[str, object]:
    rows, columns = values.shape
    return {'rows': rows, 'cols': columns, 'data': [float(value) for value in values.ravel()]}
