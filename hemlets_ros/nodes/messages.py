"""Converts this package's messages from and to the dataclasses of the pipeline."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Vector3
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.camera_info import intrinsics_from_camera_info
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.msg import (
    PersonBox,
    PersonBoxArray,
    PersonCrop,
    PersonCropArray,
    Point2D,
    Skeleton3D,
    Skeleton3DArray,
)
from hemlets_ros.nodes.body_fields import bodies_from_messages, bodies_to_messages
from hemlets_ros.nodes.image_messages import bgr_to_image, image_to_bgr
from hemlets_ros.nodes.quick_messages import joined, message_lists, messages, rows, split, unfilled
from hemlets_ros.people import Box, Crop, Frame, Person, PersonCrops, TrackingState, WeightsInfo
from hemlets_ros.settings import LimitSettings
from hemlets_ros.skeleton import COCO_NAMES

_MOST = LimitSettings.max_message_people
_LAST_NS = 2 ** 31 * 10 ** 9
_LARGEST = 1e9  # px, m, s
_SMALLEST_AREA = 1e-12  # area of a crop's pixel in the image, px^2
_NO_POINTS = np.empty((0, 2))


def stamp_to_seconds(stamp: Time) -> float:
    """A stamp in seconds, as float64, which is exact to about a microsecond for current dates."""
    return stamp.sec + stamp.nanosec * 1e-9


def stamp_to_ns(stamp: Time) -> int:
    """A stamp in nanoseconds, exact."""
    return stamp.sec * 10 ** 9 + stamp.nanosec


def ns_to_stamp(stamp_ns: int) -> Time:
    """A stamp from nanoseconds, exact. Raises InputError if it is outside the range of the message."""
    if not 0 <= stamp_ns < _LAST_NS:
        raise InputError(f'a stamp must be from 0 to {_LAST_NS // 10 ** 9} s, not {stamp_ns / 1e9:.6g} s')
    return Time(sec=stamp_ns // 10 ** 9, nanosec=stamp_ns % 10 ** 9)


def same_message(message: Any, other: Any) -> bool:
    """Whether a message is a repetition of `other` (None: no earlier message) by a lossless camera.

    The stamp alone is not enough: some drivers set it to zero or to whole seconds, or the clock is paused.
    """
    return other is not None and message.header == other.header \
        and (message.header.stamp.sec, message.header.stamp.nanosec) != (0, 0) and _equal(message, other)


def _equal(value: Any, other: Any) -> bool:
    """As ==, but NaN equals NaN; fast for images."""
    if hasattr(value, 'get_fields_and_field_types'):
        return all(_equal(getattr(value, name), getattr(other, name))
                   for name in value.get_fields_and_field_types())
    if isinstance(value, list):
        return len(value) == len(other) and all(map(_equal, value, other))
    if isinstance(value, (array, np.ndarray)):
        return value.tobytes() == other.tobytes()
    return value == other or (value != value and other != other)


def check_header(header: Header) -> None:
    """Raises InputError for a stamp before 1970, which is invalid in ROS and in bags."""
    if header.stamp.sec < 0:
        raise InputError(f'message refused: its stamp is {header.stamp.sec} s')


def check_count(people: Any, most: int) -> None:
    """Raises InputError for more than `most` people."""
    if len(people) > most:
        raise InputError(f'message refused: it has {len(people)} people, more than max_message_people '
                         f'({most})')


def intrinsics_to_message(intrinsics: Intrinsics | None, size_px: tuple[int, int],
                          header: Header) -> CameraInfo:
    """CameraInfo for an image of this width and height; None: an uncalibrated camera."""
    message = CameraInfo(header=header, width=size_px[0], height=size_px[1])
    if intrinsics is not None:
        message.k = intrinsics.matrix.ravel()
        message.d = intrinsics.distortion.tolist()
        message.distortion_model = intrinsics.distortion_model
        message.r = np.eye(3).ravel()
        message.p = np.column_stack([intrinsics.matrix, np.zeros(3)]).ravel()
    return message


def boxes_to_messages(boxes: Sequence[Box]) -> list[PersonBox]:
    keypoint_lists = message_lists(Point2D, 'xy', [
        _NO_POINTS if box.keypoints_px is None or box.keypoint_scores is None else box.keypoints_px
        for box in boxes])
    made = []
    for box, keypoints in zip(boxes, keypoint_lists, strict=True):
        left, top, right, bottom = box.xyxy_px.tolist()
        message = unfilled(PersonBox)
        message.track_id, message.score = box.track_id, box.score
        message.x, message.y, message.width, message.height = left, top, right - left, bottom - top
        message.keypoints_px = keypoints
        message.keypoint_scores = array('f', box.keypoint_scores.tolist() if keypoints else ())
        made.append(message)
    return made


def boxes_from_messages(boxes: Sequence[PersonBox], tracking_states: Sequence[int]) -> list[Box]:
    """The boxes of messages. Raises InputError for non-finite values and wrong lengths."""
    point_lists, score_lists = [box.keypoints_px for box in boxes], [box.keypoint_scores for box in boxes]
    for keypoints, scores in zip(point_lists, score_lists, strict=True):
        if (len(keypoints), len(scores)) not in ((0, 0), (len(COCO_NAMES), len(COCO_NAMES))):
            raise InputError(f'message refused: a box has {len(keypoints)} keypoints and {len(scores)} '
                             f'scores, not {len(COCO_NAMES)}')
    if unknown := set(tracking_states) - set(TrackingState):
        raise InputError(f'message refused: tracking_state is {unknown.pop()}')
    corners = _finite('a box', [[box.x, box.y, box.x + box.width, box.y + box.height] for box in boxes])
    certain = _finite('a score', [box.score for box in boxes]).tolist()
    points = split(_finite('points', rows('xy', point_lists)), point_lists)
    scores = _numbers('keypoint scores', score_lists)
    return [Box(xyxy_px, score, keypoints_px=places if len(places) else None,
                keypoint_scores=sure if len(places) else None, track_id=box.track_id,
                tracking=TrackingState(state))
            for box, state, xyxy_px, score, places, sure in zip(
                boxes, tracking_states, corners, certain, points, scores, strict=True)]


def crops_to_messages(found: PersonCrops, header: Header) -> tuple[PersonBoxArray, PersonCropArray]:
    """The messages of the detector node for one image."""
    boxes = boxes_to_messages([crop.box for crop in found.crops])
    size_px = found.image_size_px
    box_array = PersonBoxArray(header=header, image_width=size_px[0], image_height=size_px[1],
                               detector=found.detector, boxes=boxes)
    crop_array = PersonCropArray(
        header=header, camera_info=intrinsics_to_message(found.intrinsics, size_px, header),
        intrinsics_assumed=found.intrinsics.assumed, detector=found.detector,
        detection_s=found.detection_s,
        crops=[PersonCrop(box=box, tracking_state=int(crop.box.tracking),
                          image=bgr_to_image(crop.image, header),
                          crop_to_image=crop.crop_to_image.ravel())
               for box, crop in zip(boxes, found.crops, strict=True)])
    return box_array, crop_array


def crops_from_message(message: PersonCropArray, most: int = _MOST) -> PersonCrops:
    """The crops of an image. Raises InputError for invalid messages; most: maximum number of people."""
    check_header(message.header)
    check_count(message.crops, most)
    boxes = boxes_from_messages([crop.box for crop in message.crops],
                                [crop.tracking_state for crop in message.crops])
    transforms = _transforms([crop.crop_to_image for crop in message.crops])
    crops = [Crop(box, image_to_bgr(crop.image), transform)
             for crop, box, transform in zip(message.crops, boxes, transforms, strict=True)]
    info = message.camera_info
    return PersonCrops(crops, stamp_to_seconds(message.header.stamp), _intrinsics(message),
                       (info.width, info.height), float(_finite('detection_s', message.detection_s)),
                       message.header.frame_id, message.detector)


def frame_to_message(frame: Frame, header: Header) -> Skeleton3DArray:
    """Converts a frame to a message with the header of its image."""
    return Skeleton3DArray(
        header=header,
        camera_info=intrinsics_to_message(frame.intrinsics, frame.image_size_px, header),
        intrinsics_assumed=frame.intrinsics.assumed, weights=frame.weights.name,
        weights_sha256=frame.weights.sha256, untrained=not frame.weights.trained,
        detector=frame.detector, detection_s=frame.detection_s, pose_s=frame.pose_s,
        skeletons=_people_to_messages(frame.people))


def frame_from_message(message: Skeleton3DArray, most: int = _MOST) -> Frame:
    """Converts a message to a frame. Raises InputError for invalid values; most: maximum number of people."""
    check_header(message.header)
    check_count(message.skeletons, most)
    info = message.camera_info
    return Frame(
        people=_people_from_messages(message.skeletons),
        stamp_s=stamp_to_seconds(message.header.stamp), intrinsics=_intrinsics(message),
        image_size_px=(info.width, info.height),
        weights=WeightsInfo(message.weights, message.weights_sha256, not message.untrained),
        frame_id=message.header.frame_id, detection_s=float(_finite('detection_s', message.detection_s)),
        pose_s=float(_finite('pose_s', message.pose_s)), detector=message.detector)


def _intrinsics(message: PersonCropArray | Skeleton3DArray) -> Intrinsics:
    info = message.camera_info
    _finite('camera_info', [*info.k, *info.d])
    known = intrinsics_from_camera_info(info.k, info.d, info.distortion_model)
    if known is None:
        raise InputError('message refused: its camera_info has no intrinsics')
    return replace(known, assumed=message.intrinsics_assumed)


def _people_to_messages(people: Sequence[Person]) -> list[Skeleton3D]:
    boxes = boxes_to_messages([
        Box(person.box_px, person.score, person.keypoints_px, person.keypoint_scores, person.id)
        for person in people])
    joint_px_lists = message_lists(Point2D, 'xy', [person.joints_px for person in people])
    joint_lists = message_lists(Point, 'xyz', [person.joints_mm / 1000 for person in people])
    velocities = messages(Vector3, 'xyz', joined([
        person.velocity_m_s for person in people]).reshape(-1, 3))
    made = []
    for person, box, joints_px, joints, velocity in zip(
            people, boxes, joint_px_lists, joint_lists, velocities, strict=True):
        message = unfilled(Skeleton3D)
        message.id, message.tracking_state, message.score = person.id, int(person.tracking), person.score
        message.box, message.joints_px, message.joints, message.velocity = box, joints_px, joints, velocity
        message.confidence = person.confidence.astype(np.float32)
        message.visibility = person.visibility.astype(np.float32)
        message.position_covariance = person.position_covariance_m2.ravel()
        message.crop_to_image = person.crop_to_image.ravel()
        made.append(message)
    bodies_to_messages([person.body for person in people], made)
    return made


def _people_from_messages(skeletons: Sequence[Skeleton3D]) -> list[Person]:
    boxes = boxes_from_messages([each.box for each in skeletons],
                                [each.tracking_state for each in skeletons])
    joint_px_lists, joint_lists = [each.joints_px for each in skeletons], [each.joints for each in skeletons]
    velocities = _finite_or_nan('velocity', rows('xyz', [[each.velocity for each in skeletons]]))
    covariances = _finite_or_nan('position_covariance', joined([
        each.position_covariance for each in skeletons]).reshape(-1, 9))
    columns = zip(
        skeletons, boxes, _finite('a score', [each.score for each in skeletons]).tolist(),
        split(_finite('points', rows('xy', joint_px_lists)), joint_px_lists),
        split(_finite('joints', rows('xyz', joint_lists)) * 1000, joint_lists),
        _numbers('confidence', [each.confidence for each in skeletons]),
        _numbers('visibility', [each.visibility for each in skeletons]),
        _transforms([each.crop_to_image for each in skeletons]),
        velocities, covariances.reshape(-1, 3, 3), bodies_from_messages(skeletons), strict=True)
    return [Person(
        id=message.id, score=score, tracking=box.tracking, box_px=box.xyxy_px, joints_px=joints_px,
        joints_mm=joints_mm, confidence=confidence, crop_to_image=crop_to_image,
        keypoints_px=box.keypoints_px, keypoint_scores=box.keypoint_scores, visibility=visibility,
        velocity_m_s=velocity, position_covariance_m2=covariance, body=body)
        for (message, box, score, joints_px, joints_mm, confidence, visibility, crop_to_image, velocity,
             covariance, body) in columns]


def _finite(what: str, values: Any) -> np.ndarray:
    """The values as an array. Raises InputError for values that are not finite, or too large to sum."""
    array = np.asarray(values, float)
    # The first condition is a fast test that nearly always succeeds; it is False for NaN.
    if not np.vdot(array, array) < _LARGEST ** 2 and not (np.abs(array) < _LARGEST).all():
        raise InputError(f'message refused: {what} with non-finite or too large values')
    return array


def _finite_or_nan(what: str, values: np.ndarray) -> np.ndarray:
    """Values (N, M); a row with an unknown value becomes all NaN. Raises InputError for too large values."""
    known = ~np.isnan(values).any(axis=1)
    if known.all():
        return _finite(what, values)
    result = np.full_like(values, np.nan)
    result[known] = _finite(what, values[known])
    return result


def _numbers(what: str, lists: Sequence[Any]) -> list[np.ndarray]:
    """Each list as an array. Raises InputError as `_finite` does."""
    return split(_finite(what, joined(lists)), lists)


def _transforms(lists: Sequence[Any]) -> np.ndarray:
    """Affine transforms (N, 2, 3) from crop_to_image. Raises InputError if one is not invertible."""
    matrices = _finite('crop_to_image', joined(lists)).reshape(-1, 2, 3)
    areas = np.abs(matrices[:, 0, 0] * matrices[:, 1, 1] - matrices[:, 0, 1] * matrices[:, 1, 0])
    if (areas < _SMALLEST_AREA).any():
        raise InputError('message refused: crop_to_image cannot be inverted')
    return matrices
