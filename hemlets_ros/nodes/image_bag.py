"""Writes images and their CameraInfo into a bag."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import numpy as np
from rclpy.exceptions import InvalidTopicNameException
from rclpy.validate_full_topic_name import validate_full_topic_name
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from hemlets_ros.errors import SettingsError
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.nodes.bag_writer import BagWriter
from hemlets_ros.nodes.image_messages import bgr_to_compressed, bgr_to_image
from hemlets_ros.nodes.messages import intrinsics_to_message, ns_to_stamp


class ImageBag:
    """Writes images as a camera driver publishes them: raw, or compressed if `encoding` is png or jpeg.

    Raises OutputError if the path cannot be written.
    """

    def __init__(self, path: str | Path, topic: str, encoding: str, frame_id: str,
                 intrinsics: Intrinsics | None, overwrite: bool = False) -> None:
        self._encoding, self._frame_id, self._intrinsics = encoding, frame_id, intrinsics
        self.topic = topic if encoding == 'raw' else f'{topic}/compressed'
        self._info_topic = f'{topic.rpartition("/")[0]}/camera_info'
        self._bag = BagWriter(path, {self.topic: Image if encoding == 'raw' else CompressedImage,
                                     self._info_topic: CameraInfo}, overwrite)

    def append(self, image: np.ndarray, stamp_ns: int) -> None:
        """Adds a (H, W, 3) uint8 BGR image."""
        header = Header(stamp=ns_to_stamp(stamp_ns), frame_id=self._frame_id)
        size_px = (image.shape[1], image.shape[0])
        self._bag.write(self._info_topic, intrinsics_to_message(self._intrinsics, size_px, header), stamp_ns)
        self._bag.write(self.topic, bgr_to_image(image, header) if self._encoding == 'raw'
                        else bgr_to_compressed(image, header, self._encoding), stamp_ns)

    def __enter__(self) -> ImageBag:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._bag.close()


def check_names(topic: str, frame_id: str) -> None:
    """Raises SettingsError for names that are invalid in topics or messages."""
    try:
        f'{frame_id}{topic}'.encode()
        validate_full_topic_name(f'/{topic.lstrip("/")}')
    except UnicodeEncodeError as error:
        raise SettingsError('--frame-id and --topic must be text in UTF-8') from error
    except InvalidTopicNameException as error:
        raise SettingsError(f'--topic: {error}') from error
