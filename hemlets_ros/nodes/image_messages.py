"""Converts image messages from and to OpenCV arrays. cv_bridge converts other encodings, if installed."""

from __future__ import annotations

import sys
from array import array

import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from hemlets_ros.errors import InputError
from hemlets_ros.settings import LimitSettings
from hemlets_ros.sources.image_encodings import UnknownEncodingError, compressed_to_bgr, raw_to_bgr


def image_to_bgr(message: Image | CompressedImage, most_px: int = LimitSettings.max_image_px) -> np.ndarray:
    """The image (H, W, 3) uint8 BGR, see sources/image_encodings. Raises InputError if it cannot be read."""
    if isinstance(message, CompressedImage):
        return compressed_to_bgr(message, most_px)
    if message.width * message.height > most_px:
        raise InputError(f'image refused: it has {message.width} x {message.height} px, more than {most_px}')
    try:
        return raw_to_bgr(message)
    except UnknownEncodingError:
        try:
            import cv_bridge
        except ImportError:
            cv_bridge = None
        # PyPI's cv-bridge is for ROS 1 and reads images wrongly; that of ROS 2 has no __version__.
        if cv_bridge is None or hasattr(cv_bridge, '__version__'):
            raise
    try:
        return cv_bridge.CvBridge().imgmsg_to_cv2(message, 'bgr8')
    except cv_bridge.CvBridgeError as error:
        raise InputError(f'image refused: {error}') from error


def bgr_to_image(pixels: np.ndarray, header: Header) -> Image:
    """A bgr8 message from (H, W, 3) uint8 BGR."""
    height, width = pixels.shape[:2]
    # An array.array is assigned without a copy; a list or NumPy array would be copied value by value. The
    # pixels are copied only once; array('B', bytes) would copy twice.
    data = array('B')
    data.frombytes(np.ascontiguousarray(pixels))
    return Image(header=header, height=height, width=width, encoding='bgr8', step=3 * width,
                 is_bigendian=int(sys.byteorder == 'big'),
                 data=data)


def bgr_to_compressed(pixels: np.ndarray, header: Header, kind: str) -> CompressedImage:
    """A jpeg or png message from (H, W, 3) uint8 BGR, named as image_transport does."""
    _, data = cv2.imencode(f'.{kind}', np.ascontiguousarray(pixels))
    return CompressedImage(header=header, format=f'bgr8; {kind} compressed bgr8',
                           data=array('B', data.tobytes()))
