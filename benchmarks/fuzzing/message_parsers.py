"""Messages that nodes receive, including their processing up to the output."""

from __future__ import annotations

import tempfile
from array import array
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from geometry_msgs.msg import Point
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from fuzzing.mutations import damaged_message
from fuzzing.parsers import Parser
from hemlets_ros.geometry.camera_info import image_intrinsics
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.msg import PersonCropArray, Skeleton3DArray
from hemlets_ros.nodes.detection_messages import boxes_from_detections
from hemlets_ros.nodes.image_messages import bgr_to_compressed, bgr_to_image, image_to_bgr
from hemlets_ros.nodes.markers import markers
from hemlets_ros.nodes.messages import (
    check_count,
    check_header,
    crops_from_message,
    crops_to_messages,
    frame_from_message,
    frame_to_message,
    intrinsics_to_message,
    stamp_to_ns,
    stamp_to_seconds,
)
from hemlets_ros.nodes.pose_workers import merge, split
from hemlets_ros.nodes.skeleton_bag import SkeletonBag
from hemlets_ros.people import Box, Frame, Person, TrackingState, WeightsInfo
from hemlets_ros.pipeline import Pipeline
from hemlets_ros.results.recording import Recording
from hemlets_ros.settings import LimitSettings

_HEADER = Header(frame_id='camera')
_HEADER.stamp.sec = 1000
_SIZE_PX = 64, 48
#: Value of max_message_people of the pose node, whose network is slow and not tested here.
_MOST_CROPS = 50


def _box() -> Box:
    return Box(np.array([5.0, 5, 40, 44]), 0.9, np.full((17, 2), 20.0), np.full(17, 0.8), 3, TrackingState.OK)


def frame() -> Frame:
    """A frame with two people."""
    person = Person(
        id=3, score=0.9, tracking=TrackingState.OK, box_px=_box().xyxy_px, joints_px=np.full((18, 2), 20.0),
        joints_mm=np.random.default_rng(0).normal([0, 0, 4000], 300, (18, 3)), confidence=np.full(18, 0.5),
        crop_to_image=np.array([[1.0, 0, 0], [0, 1, 0]]), keypoints_px=_box().keypoints_px,
        keypoint_scores=_box().keypoint_scores, velocity_m_s=np.zeros(3), position_covariance_m2=np.eye(3))
    return Frame([person, person], 1000.0, Intrinsics(np.diag([50.0, 50, 1]), np.zeros(5)), _SIZE_PX,
                 WeightsInfo('a', 'b'), 'camera', 0.1, 0.2)


def _skeletons(_: Path) -> list[Skeleton3DArray]:
    return [frame_to_message(frame(), _HEADER)]


class _Recorder:
    """The files of one recorder."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        self._files = Recording(str(folder / 'a.json'), str(folder / 'b.json'))
        self._bag = SkeletonBag(folder / 'c.mcap')

    def __call__(self, message: Skeleton3DArray) -> None:
        known = frame_from_message(message)
        self._files.append(known)
        self._bag.append(known, stamp_to_ns(message.header.stamp))


@cache
def _recorder() -> _Recorder:
    return _Recorder()


def _crops(_: Path) -> list[PersonCropArray]:
    found = _find().find(_pixels(), frame().intrinsics, [_box(), _box()], 1000.0, 'camera')
    return [crops_to_messages(found, _HEADER)[1]]


@cache
def _pose() -> Pipeline:
    return Pipeline(stages=('pose',), variant='lite')


def _read_crops(message: PersonCropArray) -> Frame:
    check_header(message.header)
    return crops_from_message(message, _MOST_CROPS)


def _pose_crops(message: PersonCropArray) -> None:
    found = _pose().pose(_read_crops(message))
    frame_from_message(frame_to_message(found, message.header))  # the message to the recorder
    markers(found, message.header)


@cache
def _find() -> Pipeline:
    return Pipeline(stages=('find',), detector='whole-image')


def _read_image(message: Any) -> None:
    """Processes an image as the detector node, without the network."""
    check_header(message.header)
    pixels = image_to_bgr(message, LimitSettings.max_image_px)
    found = _find().find(pixels, None, None, stamp_to_seconds(message.header.stamp), message.header.frame_id)
    crops_from_message(crops_to_messages(found, message.header)[1])


def _pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (*_SIZE_PX[::-1], 3), np.uint8)


def _images(_: Path) -> list[Image]:
    images = [bgr_to_image(_pixels(), _HEADER)]
    for encoding, size in (('mono8', 1), ('mono16', 2), ('rgba8', 4), ('yuv422', 2), ('nv12', 1.5),
                           ('bayer_rggb8', 1), ('bayer_gbrg16', 2), ('rgb16', 6), ('nv24', 3)):
        images.append(Image(header=_HEADER, width=_SIZE_PX[0], height=_SIZE_PX[1], encoding=encoding,
                            step=int(_SIZE_PX[0] * (size if encoding[:2] != 'nv' else 1)),
                            data=array('B', bytes(int(_SIZE_PX[0] * _SIZE_PX[1] * size)))))
    return images


def _compressed(_: Path) -> list[CompressedImage]:
    return [bgr_to_compressed(_pixels(), _HEADER, kind) for kind in ('png', 'jpeg')]


def _infos(_: Path) -> list[CameraInfo]:
    fisheye = Intrinsics(np.diag([50.0, 50, 1]), np.full(4, 0.1), fisheye=True)
    return [intrinsics_to_message(each, _SIZE_PX, _HEADER) for each in (frame().intrinsics, fisheye, None)]


def _read_info(message: CameraInfo) -> None:
    for rectified in (False, True):
        known = image_intrinsics(message, _SIZE_PX, rectified)
        _find().find(_pixels(), known, None, 1000.0, 'camera')


class _Fields:
    """Placeholder of a message of vision_msgs, which may not be installed."""

    TYPES: ClassVar[dict[str, str]] = {}

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    def get_fields_and_field_types(self) -> dict[str, str]:
        return {name: 'double' if isinstance(value, float) else 'string' if isinstance(value, str)
                else 'sequence<a>' if isinstance(value, list) else 'a' for name, value in vars(self).items()}


def _detections(_: Path) -> list[Any]:
    detection = _Fields(
        header=_HEADER, id='1', results=[_Fields(hypothesis=_Fields(class_id='person', score=0.9))],
        bbox=_Fields(center=_Fields(position=Point(x=20.0, y=20.0), theta=0.0), size_x=20.0, size_y=30.0))
    return [_Fields(header=_HEADER, detections=[detection, detection])]


def _read_detections(message: Any) -> None:
    check_count(message.detections, LimitSettings.max_message_people)
    boxes = boxes_from_detections(message, 0.3)
    found = _find().find(_pixels(), None, boxes, 1000.0, 'camera')
    crops_from_message(crops_to_messages(found, _HEADER)[1])


def _read_answer(message: Skeleton3DArray) -> None:
    """Processes a pose node's answer as the dispatcher."""
    image, = _crops(Path())
    split(image, 2)
    skeletons = merge(image, {0: message, 1: frame_to_message(frame(), _HEADER)})
    markers(frame_from_message(skeletons), _HEADER)


def _record(message: Skeleton3DArray) -> None:
    _recorder()(message)


PARSERS = {
    'message Skeleton3DArray, recorder': Parser(_skeletons, _record, damaged_message),
    'message Skeleton3DArray, dispatcher': Parser(_skeletons, _read_answer, damaged_message),
    'message PersonCropArray, read': Parser(_crops, _read_crops, damaged_message),
    'message PersonCropArray, pose': Parser(_crops, _pose_crops, damaged_message),
    'message Image': Parser(_images, _read_image, damaged_message),
    'message CompressedImage': Parser(_compressed, _read_image, damaged_message),
    'message CameraInfo': Parser(_infos, _read_info, damaged_message),
    'message Detection2DArray': Parser(_detections, _read_detections, damaged_message),
}
