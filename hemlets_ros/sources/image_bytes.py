"""Decodes image files (PNG, JPEG ...) in memory to OpenCV arrays. The size is checked before decoding."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from hemlets_ros.errors import InputError
from hemlets_ros.sources.quiet_opencv import quiet_opencv

#: Limit of an image, because a few hundred bytes can expand to gigabytes. Cameras have up to 150 million px.
MOST_PX = 160_000_000
_MOST_BYTES = 1_000_000_000  # limit of a file
_PNG = b'\x89PNG\r\n\x1a\n'
_MOST_CUT_BYTES = 100_000_000  # limit of the bytes missing from a truncated PNG


def read_image(path: Path, upright: bool = True) -> np.ndarray:
    """Reads an image file as (H, W, 3) uint8 BGR; upright: rotates it by its EXIF orientation.

    Raises InputError if it cannot be read or decoded.
    """
    try:
        if not path.is_file():
            raise InputError('no such file')
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f'a file of {path.stat().st_size} bytes')
        # imread fails on names that the locale cannot encode; imdecode gets only bytes.
        return decode(np.fromfile(path, np.uint8), upright=upright)
    except OSError as error:
        raise InputError(error.strerror or str(error)) from error


def decode(data: np.ndarray, most_px: int = MOST_PX, upright: bool = True) -> np.ndarray:
    """Decodes the bytes (N,) uint8 of an image file to (H, W, 3) uint8 BGR; 16-bit images: see `to_8_bits`.

    Raises InputError for data that cannot be decoded, and for more than `most_px` pixels.
    """
    turned = 0 if upright else cv2.IMREAD_IGNORE_ORIENTATION
    return _colour(_decoded(data, most_px, cv2.IMREAD_ANYDEPTH | cv2.IMREAD_COLOR | turned))


def decode_as_it_is(data: np.ndarray, most_px: int = MOST_PX) -> np.ndarray:
    """As `decode`, but grey images stay (H, W), e.g. those of a Bayer colour filter array."""
    return to_8_bits(_decoded(data, most_px, cv2.IMREAD_UNCHANGED))


def to_8_bits(image: np.ndarray) -> np.ndarray:
    """16-bit images -> the upper 8 of the 10, 12, 14 or 16 bits that the camera uses; 8-bit: unchanged."""
    if image.dtype == np.uint8:
        return image
    most = int(image.max(initial=0))
    bits = next(each for each in (8, 10, 12, 14, 16) if most < 2 ** each)
    return (image >> (bits - 8)).astype(np.uint8)


def _decoded(data: np.ndarray, most_px: int, flags: int) -> np.ndarray:
    _check_size(data, most_px)
    _check_chunks(data)
    try:
        with quiet_opencv():
            image = cv2.imdecode(data, flags)
            if image is not None and image.dtype not in (np.uint8, np.uint16):  # e.g. floats in a TIFF
                image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise InputError(f'it cannot be decoded: {error.err}') from error
    if image is None:
        raise InputError('it cannot be decoded as an image')
    return image


def _check_chunks(data: np.ndarray) -> None:
    """Raises InputError for a PNG with a chunk much longer than the file: OpenCV would make room for it."""
    if data[:8].tobytes() != _PNG:
        return
    at = len(_PNG)
    while at + 8 <= len(data):
        length = int.from_bytes(data[at:at + 4].tobytes(), 'big')
        if length > len(data) + _MOST_CUT_BYTES:
            raise InputError(f'it has {len(data)} bytes, but a part of it {length}')
        at += 12 + length


def _check_size(data: np.ndarray, most_px: int) -> None:
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data.tobytes())) as image:
            warnings.simplefilter('ignore')
            width, height = image.size
    except Image.DecompressionBombError as error:
        raise InputError(str(error)) from error
    except Exception as error:  # the image formats raise many types
        raise InputError('it cannot be decoded as an image') from error
    if width * height > most_px:
        raise InputError(f'it has {width} x {height} px, more than {most_px}')


def _colour(image: np.ndarray) -> np.ndarray:
    image = to_8_bits(image)
    return image if image.ndim == 3 else cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
