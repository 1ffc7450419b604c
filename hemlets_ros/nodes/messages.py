"""Our messages <-> the dataclasses of the pipeline."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.camera import DISTORTION_MODELS, Intrinsics, intrinsics_from_camera_info
from hemlets_ros.msg import (
    PersonBox,
    PersonBoxArray,
    PersonCrop,
    PersonCropArray,
    Point2D,
    Skeleton3D,
    Skeleton3DArray,
)
from hemlets_ros.nodes.images import bgr_to_image, image_to_bgr
from hemlets_ros.people import Box, Crop, Frame, Person, TrackingState, WeightsInfo


def stamp_to_seconds(stamp: Time) -> float:
    """A stamp in seconds (float64: good to a microsecond for today's dates)."""
    return stamp.sec + stamp.nanosec * 1e-9


def stamp_to_ns(stamp: Time) -> int:
    """A stamp in nanoseconds, exact."""
    return stamp.sec * 10 ** 9 + stamp.nanosec


def ns_to_stamp(stamp_ns: int) -> Time:
    """A stamp from nanoseconds, exact."""
    return Time(sec=stamp_ns // 10 ** 9, nanosec=stamp_ns % 10 ** 9)


def same_image(header: Header, other: Header | None) -> bool:
    """Whether two headers are of one image. A camera without stamps says zero each time: never."""
    return header == other and (header.stamp.sec, header.stamp.nanosec) != (0, 0)


def intrinsics_from_message(message: CameraInfo) -> Intrinsics | None:
    """None where the camera is not calibrated (K[0] = 0, see CameraInfo.msg)."""
    return intrinsics_from_camera_info(message.k, message.d, message.distortion_model)


def intrinsics_to_message(intrinsics: Intrinsics | None, size_px: tuple[int, int],
                          header: Header) -> CameraInfo:
    """CameraInfo of an image of that width and height; None: an uncalibrated camera."""
    message = CameraInfo(header=header, width=size_px[0], height=size_px[1])
    if intrinsics is not None:
        message.k = intrinsics.matrix.ravel()
        message.d = intrinsics.distortion.tolist()
        message.distortion_model = DISTORTION_MODELS[intrinsics.distortion.size]
        message.r = np.eye(3).ravel()
        message.p = np.column_stack([intrinsics.matrix, np.zeros(3)]).ravel()
    return message


def box_to_message(box: Box) -> PersonBox:
    left, top, right, bottom = box.xyxy_px.tolist()
    message = PersonBox(track_id=box.track_id, score=box.score, x=left, y=top,
                        width=right - left, height=bottom - top)
    if box.keypoints_px is not None and box.keypoint_scores is not None:
        message.keypoints_px = _points2d(box.keypoints_px)
        message.keypoint_scores = box.keypoint_scores.tolist()
    return message


def box_from_message(message: PersonBox, tracking: TrackingState = TrackingState.OFF) -> Box:
    has_keypoints = len(message.keypoints_px) > 0
    return Box(
        np.array([message.x, message.y, message.x + message.width, message.y + message.height]),
        message.score, track_id=message.track_id, tracking=tracking,
        keypoints_px=_from_points2d(message.keypoints_px) if has_keypoints else None,
        keypoint_scores=np.array(message.keypoint_scores) if has_keypoints else None)


def crops_to_messages(
    crops: list[Crop], header: Header, intrinsics: Intrinsics, size_px: tuple[int, int],
    detection_s: float,
) -> tuple[PersonBoxArray, PersonCropArray]:
    """What the detector node publishes for one image."""
    boxes = [box_to_message(crop.box) for crop in crops]
    box_array = PersonBoxArray(header=header, image_width=size_px[0], image_height=size_px[1],
                               boxes=boxes)
    crop_array = PersonCropArray(
        header=header, camera_info=intrinsics_to_message(intrinsics, size_px, header),
        intrinsics_assumed=intrinsics.assumed, detection_s=detection_s,
        crops=[PersonCrop(box=box, tracking_state=int(crop.box.tracking),
                          image=bgr_to_image(crop.image, header),
                          crop_to_image=crop.crop_to_image.ravel())
               for box, crop in zip(boxes, crops, strict=True)])
    return box_array, crop_array


def crops_from_message(message: PersonCropArray) -> tuple[list[Crop], Intrinsics]:
    """The crops and the intrinsics to lift them with."""
    crops = [Crop(box_from_message(crop.box, TrackingState(crop.tracking_state)),
                  image_to_bgr(crop.image), np.array(crop.crop_to_image).reshape(2, 3))
             for crop in message.crops]
    return crops, _intrinsics(message)


def frame_to_message(frame: Frame, header: Header) -> Skeleton3DArray:
    """The skeletons under the image's own header."""
    return Skeleton3DArray(
        header=header,
        camera_info=intrinsics_to_message(frame.intrinsics, frame.image_size_px, header),
        intrinsics_assumed=frame.intrinsics.assumed, weights=frame.weights.name,
        weights_sha256=frame.weights.sha256, untrained=not frame.weights.trained,
        detection_s=frame.detection_s, pose_s=frame.pose_s,
        skeletons=[_person_to_message(person) for person in frame.people])


def frame_from_message(message: Skeleton3DArray) -> Frame:
    info = message.camera_info
    return Frame(
        people=[_person_from_message(skeleton) for skeleton in message.skeletons],
        stamp_s=stamp_to_seconds(message.header.stamp), intrinsics=_intrinsics(message),
        image_size_px=(info.width, info.height),
        weights=WeightsInfo(message.weights, message.weights_sha256, not message.untrained),
        frame_id=message.header.frame_id, detection_s=message.detection_s, pose_s=message.pose_s)


def _intrinsics(message: PersonCropArray | Skeleton3DArray) -> Intrinsics:
    known = intrinsics_from_message(message.camera_info)
    if known is None:
        raise InputError('message refused: its camera_info has no intrinsics')
    return Intrinsics(known.matrix, known.distortion, message.intrinsics_assumed)


def _person_to_message(person: Person) -> Skeleton3D:
    box = Box(person.box_px, person.score, person.keypoints_px, person.keypoint_scores, person.id)
    return Skeleton3D(
        id=person.id, tracking_state=int(person.tracking), score=person.score,
        box=box_to_message(box), joints_px=_points2d(person.joints_px),
        joints=[Point(x=x, y=y, z=z) for x, y, z in (person.joints_mm / 1000).tolist()],
        confidence=person.confidence.astype(np.float32),
        crop_to_image=person.crop_to_image.ravel())


def _person_from_message(message: Skeleton3D) -> Person:
    box = box_from_message(message.box)
    return Person(
        id=message.id, score=message.score, tracking=TrackingState(message.tracking_state),
        box_px=box.xyxy_px, joints_px=_from_points2d(message.joints_px),
        joints_mm=np.array([(joint.x, joint.y, joint.z) for joint in message.joints]) * 1000,
        confidence=np.array(message.confidence, float),
        crop_to_image=np.array(message.crop_to_image).reshape(2, 3),
        keypoints_px=box.keypoints_px, keypoint_scores=box.keypoint_scores)


def _points2d(points: np.ndarray) -> list[Point2D]:
    return [Point2D(x=x, y=y) for x, y in points.tolist()]


def _from_points2d(points: list[Point2D]) -> np.ndarray:
    return np.array([(point.x, point.y) for point in points])
