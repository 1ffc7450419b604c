"""Camera calibrations as ROS writes them (camera_calibration's YAML)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import yaml

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.camera import Intrinsics


def read_calibration(path: str | Path) -> tuple[Intrinsics, tuple[int, int]]:
    """Intrinsics and the image size (width, height) that they hold for."""
    try:
        content = yaml.safe_load(Path(path).read_text(encoding='utf-8'))
        matrix = np.array(content['camera_matrix']['data'], float).reshape(3, 3)
        distortion = np.array(content['distortion_coefficients']['data'], float)
        size = int(content['image_width']), int(content['image_height'])
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise InputError(f'{path} is not a camera calibration (camera_calibration\'s YAML with '
                         f'camera_matrix, distortion_coefficients, image_width, image_height): '
                         f'{error}') from error
    model = content.get('distortion_model', 'plumb_bob')
    if model not in ('plumb_bob', 'rational_polynomial'):
        raise InputError(f'{path}: distortion model {model!r} is not supported: use rectified images, '
                         'or calibrate with plumb_bob or rational_polynomial')
    return Intrinsics(matrix, distortion), size
