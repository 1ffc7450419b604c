"""Images as ROS messages hold them -> OpenCV arrays, for the encodings that cameras send. Needs no ROS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np

from hemlets_ros.errors import InputError

#: Encoding -> (channels, bytes a channel, OpenCV conversion to BGR or None).
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


class RawImage(Protocol):
    """The fields of sensor_msgs/Image, of whatever class."""

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Sequence[int]


class CompressedImage(Protocol):
    """The fields of sensor_msgs/CompressedImage, of whatever class."""

    format: str
    data: Sequence[int]


class UnknownEncodingError(InputError):
    """An image's encoding is none of ours; cv_bridge may know it."""


def raw_to_bgr(message: RawImage) -> np.ndarray:
    """(H, W, 3) uint8 BGR; 16-bit images keep their upper byte. bgr8 is not copied where rows allow.

    Raises InputError for an unknown encoding or data that do not fit the sizes.
    """
    if message.encoding not in _ENCODINGS:
        raise UnknownEncodingError(f'image refused: unknown encoding {message.encoding!r} (known: '
                                   f'{", ".join(_ENCODINGS)}; more with cv_bridge of a ROS installation)')
    channels, depth, conversion = _ENCODINGS[message.encoding]
    height, width, step = message.height, message.width, message.step
    row = width * channels * depth
    if not (height and width) or step < row or len(message.data) < step * (height - 1) + row:
        raise InputError(
            f'image refused: {len(message.data)} bytes with step {step} cannot be '
            f'{width}x{height} {message.encoding}')
    if channels == 2 and width % 2:
        raise InputError(f'image refused: {message.encoding} needs an even width, not {width}')
    data = np.frombuffer(message.data, np.uint8)
    rows = np.lib.stride_tricks.as_strided(data, (height, row), (step, 1), writeable=False)
    if depth == 2:
        pixels = np.ascontiguousarray(rows).view('>u2' if message.is_bigendian else '<u2') >> 8
        pixels = pixels.astype(np.uint8).reshape(height, width, channels)
    else:
        pixels = rows.reshape(height, width, channels)
    return pixels if conversion is None else cv2.cvtColor(np.ascontiguousarray(pixels), conversion)


def compressed_to_bgr(message: CompressedImage) -> np.ndarray:
    """(H, W, 3) uint8 BGR of a JPEG, PNG or whatever else OpenCV reads; 16-bit images keep their upper byte.

    Raises InputError for data that cannot be decoded, and for depth images.
    """
    if 'compressedDepth' in message.format:
        raise InputError(f'image refused: {message.format!r} is depth, not a picture')
    data = np.frombuffer(message.data, np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if image is None:
        raise InputError(f'image refused: {data.size} bytes cannot be decoded as {message.format!r}')
    return image
