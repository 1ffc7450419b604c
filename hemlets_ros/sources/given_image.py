"""Images given by Python programs: file name, PIL image or array."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from hemlets_ros.errors import InputError
from hemlets_ros.sources.image_bytes import read_image, to_8_bits
from hemlets_ros.system.source_path import source_path

ImageLike = str | Path | Image.Image | np.ndarray


def given_image(image: ImageLike) -> tuple[np.ndarray, str]:
    """The image (H, W, 3) uint8 BGR, and its file name, or '' without a file.

    Args:
        image: path of an image file; PIL image of any mode but floats; or an array, returned unchanged.

    Raises InputError for other types, and if the image cannot be read.
    """
    if isinstance(image, np.ndarray):
        return image, ''
    if isinstance(image, Image.Image):
        return _of_pil(image), Path(getattr(image, 'filename', '') or '').name
    if not isinstance(image, (str, Path)):
        raise InputError(f'an image must be a path, a PIL image or a (H, W, 3) uint8 BGR array, not '
                         f'{type(image).__name__}')
    path = source_path(str(image))
    if path is None:
        raise InputError(f'{image} is not a file: use Pipeline.stream for cameras and addresses')
    try:
        return read_image(path), path.name
    except InputError as error:
        raise InputError(f'{image}: {error}; Pipeline.stream reads videos, bags and folders') from error


def _of_pil(image: Image.Image) -> np.ndarray:
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith('F'):
        raise InputError(f'a PIL image of mode {upright.mode} has no defined brightness; convert it to RGB')
    if upright.mode.startswith('I'):  # 16 bits, which PIL's conversion to RGB would clip
        return cv2.cvtColor(to_8_bits(np.asarray(upright).astype(np.uint16)), cv2.COLOR_GRAY2BGR)
    return np.ascontiguousarray(np.asarray(upright.convert('RGB'))[..., ::-1])
