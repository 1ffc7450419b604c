"""sensor_msgs/Image <-> OpenCV arrays, for the encodings that cameras send.

Others go through cv_bridge where a ROS installation brings it.
"""

from __future__ import annotations

import sys
from array import array

import cv2
import numpy as np
from sensor_msgs.msg import Image
from std_msgs.msg import Header

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


def image_to_bgr(message: Image) -> np.ndarray:
    """(H, W, 3) uint8 BGR; 16-bit images keep their upper byte. bgr8 is not copied where rows allow.

    Raises InputError for an unknown encoding or data that do not fit the sizes.
    """
    if message.encoding not in _ENCODINGS:
        return _by_cv_bridge(message)
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


def bgr_to_image(pixels: np.ndarray, header: Header) -> Image:
    """A bgr8 message from (H, W, 3) uint8 BGR."""
    height, width = pixels.shape[:2]
    # An array is taken over as it is; a list or numpy array would be copied value by value.
    return Image(header=header, height=height, width=width, encoding='bgr8', step=3 * width,
                 is_bigendian=int(sys.byteorder == 'big'),
                 data=array('B', np.ascontiguousarray(pixels).tobytes()))


def _by_cv_bridge(message: Image) -> np.ndarray:
    try:
        import cv_bridge
    except ImportError:
        cv_bridge = None
    # PyPI's cv-bridge is ROS 1's and reads images wrongly; the real one has no __version__.
    if cv_bridge is None or hasattr(cv_bridge, '__version__'):
        raise InputError(f'image refused: unknown encoding {message.encoding!r} (known: '
                         f'{", ".join(_ENCODINGS)}; more with cv_bridge of a ROS installation)')
    try:
        return cv_bridge.CvBridge().imgmsg_to_cv2(message, 'bgr8')
    except cv_bridge.CvBridgeError as error:
        raise InputError(f'image refused: {error}') from error
