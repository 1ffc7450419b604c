"""Converts image messages to OpenCV arrays, for the encodings of cameras. Does not need ROS.

The package `rosbags-image` is not used: it ignores `step`, so that padded rows give wrong pixels, and
refuses 8UC1 and 16UC1.
"""

from __future__ import annotations

from array import array
from typing import Protocol, TypeAlias

import cv2
import numpy as np

from hemlets_ros.errors import InputError
from hemlets_ros.sources.image_bytes import MOST_PX, decode, decode_as_it_is, to_8_bits

#: Types of an image's bytes in rclpy (array) and rosbags (ndarray).
Bytes: TypeAlias = 'bytes | bytearray | memoryview[int] | array[int] | np.ndarray'
#: Encoding -> (channels, bytes per channel, OpenCV conversion to BGR or None).
_ENCODINGS: dict[str, tuple[int, int, int | None]] = {
    'bgr8': (3, 1, None), '8UC3': (3, 1, None), 'rgb8': (3, 1, cv2.COLOR_RGB2BGR),
    'bgra8': (4, 1, cv2.COLOR_BGRA2BGR), '8UC4': (4, 1, cv2.COLOR_BGRA2BGR),
    'rgba8': (4, 1, cv2.COLOR_RGBA2BGR),
    'mono8': (1, 1, cv2.COLOR_GRAY2BGR), '8UC1': (1, 1, cv2.COLOR_GRAY2BGR),
    'mono16': (1, 2, cv2.COLOR_GRAY2BGR), '16UC1': (1, 2, cv2.COLOR_GRAY2BGR),
    'bgr16': (3, 2, None), '16UC3': (3, 2, None), 'rgb16': (3, 2, cv2.COLOR_RGB2BGR),
    'bgra16': (4, 2, cv2.COLOR_BGRA2BGR), 'rgba16': (4, 2, cv2.COLOR_RGBA2BGR),
    'yuv422': (2, 1, cv2.COLOR_YUV2BGR_UYVY), 'uyvy': (2, 1, cv2.COLOR_YUV2BGR_UYVY),
    'yuv422_yuy2': (2, 1, cv2.COLOR_YUV2BGR_YUY2), 'yuyv': (2, 1, cv2.COLOR_YUV2BGR_YUY2),
}
#: Encoding of a colour filter array, named by its first two rows -> OpenCV's conversion.
_BAYER = {'rggb': cv2.COLOR_BayerRGGB2BGR, 'bggr': cv2.COLOR_BayerBGGR2BGR,
          'gbrg': cv2.COLOR_BayerGBRG2BGR, 'grbg': cv2.COLOR_BayerGRBG2BGR}
_ENCODINGS |= {f'bayer_{name}{bits}': (1, bits // 8, conversion)
               for name, conversion in _BAYER.items() for bits in (8, 16)}
#: A luma plane, then interleaved chroma at half resolution (NV12, NV21) or full resolution (NV24).
_SEMI_PLANAR = {'nv12': cv2.COLOR_YUV2BGR_NV12, 'nv21': cv2.COLOR_YUV2BGR_NV21,
                'nv24': cv2.COLOR_YUV2BGR_NV12}
#: Lower-case name -> name as spelt in ROS.
_SPELLINGS = {name.lower(): name for name in (*_ENCODINGS, *_SEMI_PLANAR)}


class RawImage(Protocol):
    """The fields of sensor_msgs/Image, of rclpy's or of rosbags' class."""

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Bytes


class CompressedImage(Protocol):
    """The fields of sensor_msgs/CompressedImage, of rclpy's or of rosbags' class."""

    format: str
    data: Bytes


class UnknownEncodingError(InputError):
    """The encoding of an image is not supported here; cv_bridge may support it."""


def raw_to_bgr(message: RawImage) -> np.ndarray:
    """Converts to (H, W, 3) uint8 BGR; 16-bit images: see `to_8_bits`. bgr8 is not copied, and is read-only.

    Raises UnknownEncodingError for an unknown encoding, InputError if the data do not match the image size.
    """
    encoding = _known_name(message.encoding)
    if encoding in _SEMI_PLANAR:
        return _semi_planar_to_bgr(message, encoding)
    if encoding not in _ENCODINGS:
        raise UnknownEncodingError(f'image refused: unknown encoding {message.encoding[:50]!r} (known: '
                                   f'{", ".join([*_ENCODINGS, *_SEMI_PLANAR])})')
    channels, depth, conversion = _ENCODINGS[encoding]
    height, width, step = message.height, message.width, message.step
    row = width * channels * depth
    if not (height and width) or step < row or len(message.data) < step * (height - 1) + row:
        raise InputError(
            f'image refused: {len(message.data)} bytes with step {step} cannot be '
            f'{width}x{height} {encoding}')
    if channels == 2 and width % 2:
        raise InputError(f'image refused: {encoding} needs an even width, not {width}')
    data = np.frombuffer(message.data, np.uint8)
    rows = np.lib.stride_tricks.as_strided(data, (height, row), (step, 1), writeable=False)
    if depth == 2:
        words = np.ascontiguousarray(rows).view('>u2' if message.is_bigendian else '<u2')
        rows = to_8_bits(words)
    if encoding.startswith('bayer_'):
        return _debayered(rows, encoding)
    pixels = rows.reshape(height, width, channels)
    return pixels if conversion is None else cv2.cvtColor(np.ascontiguousarray(pixels), conversion)


def _known_name(encoding: str) -> str:
    """The encoding as spelt in ROS, because some drivers write BGR8 or Mono8."""
    return _SPELLINGS.get(encoding.lower(), encoding)


def compressed_to_bgr(message: CompressedImage, most_px: int = MOST_PX) -> np.ndarray:
    """Decodes a JPEG, PNG or other image file to (H, W, 3) uint8 BGR, even from a colour filter array.

    Raises InputError for data that cannot be decoded, for more than `most_px` pixels, and for depth images.
    """
    if 'compressedDepth' in message.format:
        raise InputError(f'image refused: {message.format[:50]!r} is a depth image, not a colour one')
    data = np.frombuffer(message.data, np.uint8)
    encoding = message.format.partition(';')[0].strip()
    try:
        if not _is_bayer(encoding):
            return decode(data, most_px)
        image = decode_as_it_is(data, most_px)
        return _debayered(image, encoding) if image.ndim == 2 else image[..., :3]
    except InputError as error:
        raise InputError(f'image refused: {data.size} bytes of {message.format[:50]!r}: {error}') from error


def _is_bayer(encoding: str) -> bool:
    return encoding.startswith('bayer_') and encoding in _ENCODINGS


def _debayered(rows: np.ndarray, encoding: str) -> np.ndarray:
    """Demosaics a colour filter array (H, W) uint8 to (H, W, 3) uint8 BGR."""
    if min(rows.shape) < 2:
        raise InputError(f'image refused: {rows.shape[1]}x{rows.shape[0]} px are too few for {encoding}')
    conversion = _ENCODINGS[encoding][2]
    return cv2.cvtColor(np.ascontiguousarray(rows), conversion or 0)


def _semi_planar_to_bgr(message: RawImage, encoding: str) -> np.ndarray:
    height, width, step = message.height, message.width, message.step
    full = encoding == 'nv24'
    lines = 3 * height if full else height * 3 // 2
    if not (height and width) or step < width or len(message.data) < step * (lines - 1) + width:
        raise InputError(f'image refused: {len(message.data)} bytes with step {step} cannot be '
                         f'{width}x{height} {encoding}')
    if width % 2 or height % 2:
        raise InputError(f'image refused: {encoding} needs even sizes, not {width}x{height}')
    data = np.frombuffer(message.data, np.uint8)
    rows = np.lib.stride_tricks.as_strided(data, (lines, width), (step, 1), writeable=False)
    if full:  # subsamples the chroma to that of NV12
        colours = rows[height:].reshape(height, width, 2)[::2, ::2].reshape(height // 2, width)
        rows = np.concatenate([rows[:height], colours])
    return cv2.cvtColor(np.ascontiguousarray(rows), _SEMI_PLANAR[encoding])
