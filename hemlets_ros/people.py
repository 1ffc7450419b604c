"""Data classes of the pipeline: boxes, crops, people. Pixels are of the whole image unless stated otherwise.

Pixel coordinates put (0, 0) at the centre of the top left pixel, as OpenCV does. The camera frame is
the optical one of REP-103: x right, y down, z forward.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.skeleton import JOINT_COUNT, ROOT


class TrackingState(IntEnum):
    """State of a track; the values are those of Skeleton3D.msg."""

    OFF = 0
    NEW = 1
    OK = 2


@dataclass(frozen=True)
class Box:
    """A detected person."""

    xyxy_px: np.ndarray  # (4,) left, top, right, bottom
    score: float  # 0..1
    keypoints_px: np.ndarray | None = None  # (17, 2), COCO order
    keypoint_scores: np.ndarray | None = None  # (17,), 0..1
    track_id: int = -1  # negative: not tracked
    tracking: TrackingState = TrackingState.OFF


@dataclass(frozen=True)
class Crop:
    """A person cut out of an image."""

    box: Box
    image: np.ndarray  # (size, size, 3) uint8 BGR
    crop_to_image: np.ndarray  # (2, 3) affine, crop px -> image px


@dataclass(frozen=True)
class Detections:
    """The output of a detector for one image."""

    boxes: list[Box] | None  # None: the detector did not run on this image (`detect_every`)
    duration_s: float


@dataclass(frozen=True)
class PersonCrops:
    """All people of one image as crops: output of `Pipeline.find`, input of `Pipeline.pose`."""

    crops: list[Crop]
    stamp_s: float | None  # when the image was taken; None: unknown
    intrinsics: Intrinsics
    image_size_px: tuple[int, int]  # width, height
    detection_s: float  # duration of detection, tracking and cropping
    frame_id: str = 'camera'  # the camera's optical frame
    detector: str = ''  # the detector, its model and licence


@dataclass(frozen=True)
class Body:
    """A person's body: the 24 bones of hemlets_ros/body/bones.py, and its shape."""

    root_mm: np.ndarray  # (3,) position of the pelvis, camera frame
    #: (24, 4) quaternions w, x, y, z relative to the parent bone; for the pelvis relative to the camera frame
    rotations: np.ndarray
    offsets_mm: np.ndarray  # (24, 3) start of each bone relative to the start of its parent, rest pose
    height_m: float  # from sole to crown, estimated; NaN if unknown
    #: Estimates by name, see body/head.py: age, gender, weight, muscle, proportions; empty if unknown
    shape: dict[str, float]
    #: (12, 3) in the order of skeleton.EXTRA_JOINT_NAMES, camera frame; None: the recording has none
    extra_joints_mm: np.ndarray | None = None


@dataclass(frozen=True)
class Person:
    """A person in 3D."""

    id: int
    score: float
    tracking: TrackingState
    box_px: np.ndarray  # (4,) left, top, right, bottom
    joints_px: np.ndarray  # (18, 2)
    joints_mm: np.ndarray  # (18, 3), camera frame
    confidence: np.ndarray  # (18,), 0..1
    crop_to_image: np.ndarray  # (2, 3) affine, crop px -> image px
    keypoints_px: np.ndarray | None = None  # (17, 2), from the detector, COCO order
    keypoint_scores: np.ndarray | None = None  # (17,)
    #: (18,), 0..1: probability that the joint is visible in the image; 0 for joints outside the image
    visibility: np.ndarray = field(default_factory=lambda: np.ones(JOINT_COUNT))
    #: (3,) velocity of the pelvis, camera frame; NaN if unknown (not tracked, or first image of the track)
    velocity_m_s: np.ndarray = field(default_factory=lambda: np.full(3, np.nan))
    #: (3, 3) covariance of the pelvis position, camera frame; NaN if unknown
    position_covariance_m2: np.ndarray = field(default_factory=lambda: np.full((3, 3), np.nan))
    body: Body | None = None  # None unless the parameter `body` is set

    @property
    def root_relative_mm(self) -> np.ndarray:
        """(18, 3), the joints with the pelvis at the origin, axes of the camera frame."""
        relative: np.ndarray = self.joints_mm - self.joints_mm[ROOT]
        return relative


@dataclass(frozen=True)
class WeightsInfo:
    """Identifies the weights of a network; every output contains it."""

    name: str
    sha256: str = ''  # checksum of the file; empty for random weights
    trained: bool = True

    @property
    def warning(self) -> str:
        """Warning to show with results; empty for trained weights."""
        return '' if self.trained else \
            'UNTRAINED NETWORK: random weights, the skeletons mean nothing (give --weights)'


@dataclass(frozen=True)
class Frame:
    """All people of one image, and how they were estimated."""

    people: list[Person]
    stamp_s: float  # when the image was taken
    intrinsics: Intrinsics
    image_size_px: tuple[int, int]  # width, height
    weights: WeightsInfo
    frame_id: str = 'camera'  # the camera's optical frame
    detection_s: float = 0.0  # duration of detection, tracking and cropping
    pose_s: float = 0.0  # duration of network, decoding and lifting
    image_name: str = ''  # name of the image file; empty: no file of its own (video, bag, camera)
    detector: str = ''  # the detector, its model and licence; empty: unknown
