"""A sample: one person in one image, with 3D labels, 2D labels, or 2D labels with ordinal depth."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.crop import borders_px
from hemlets_ros.skeleton import JOINT_COUNT, PARTS, ROOT

#: If the depths of a part's joints differ by less, they count as equal (HEMlets, sec. 3.1).
LEVEL_MM = 100.0


def _unknown_parts() -> np.ndarray:
    return np.zeros(len(PARTS), bool)


@dataclass(frozen=True)
class Sample:
    """A labelled person. Pixel coordinates are of `image`, out of which training cuts the crop."""

    key: str  # unique: data set/subject/sequence/frame
    subject: str  # identity of the person; no subject may be in both training and validation
    image: np.ndarray  # (H, W, 3) uint8 BGR
    box_px: np.ndarray  # (4,) the person's box: left, top, right, bottom
    joints_px: np.ndarray  # (18, 2)
    known_2d: np.ndarray  # (18,) bool: joints_px has a label
    depth_mm: np.ndarray  # (18,) relative to the pelvis' depth
    known_depth: np.ndarray  # (18,) bool: depth_mm has a label
    # (14,) int8 for each part: +1 the parent is farther than the child, -1 nearer, 0 equal depth
    ordinal: np.ndarray = field(default_factory=lambda: np.zeros(len(PARTS), np.int8))
    known_ordinal: np.ndarray = field(default_factory=_unknown_parts)  # (14,) bool
    intrinsics_px: np.ndarray | None = None  # (3, 3) of `image`
    root_mm: np.ndarray | None = None  # (3,) pelvis in the camera frame
    keypoints_px: np.ndarray | None = None  # (17, 3) a detector's COCO keypoints x, y, score
    #: whether keypoints_px are ground truth, with score 1 for visible keypoints, else 0
    keypoints_exact: bool = False
    #: (17, 3) keypoints of a real detector for this image (`datasets.detected`); all 0: no person detected
    detected: np.ndarray | None = None
    action: str = ''
    #: (4,) borders of the original image: left, top, right, bottom; None: those of `image`, or unknown
    frame_px: np.ndarray | None = None
    #: (24, 4) quaternions w, x, y, z of the bones of hemlets_ros/body, from the rest pose to the camera frame
    bone_turns: np.ndarray | None = None
    height_mm: np.ndarray | None = None  # () body height
    phenotype: np.ndarray | None = None  # (11,) see lab/synthetic/phenotype.py

    def __post_init__(self) -> None:
        shapes = {'box_px': (4,), 'joints_px': (JOINT_COUNT, 2), 'known_2d': (JOINT_COUNT,),
                  'depth_mm': (JOINT_COUNT,), 'known_depth': (JOINT_COUNT,), 'ordinal': (len(PARTS),),
                  'known_ordinal': (len(PARTS),)}
        for name, shape in shapes.items():
            if np.shape(getattr(self, name)) != shape:
                raise InputError(f'{self.key}: {name} must have shape {shape}, '
                                 f'not {np.shape(getattr(self, name))}')

    @property
    def borders_px(self) -> np.ndarray:
        """Borders (4,) of the original image: left, top, right, bottom."""
        return borders_px(self.image) if self.frame_px is None else self.frame_px


def ordinal_of(depth_mm: np.ndarray, level_mm: float = LEVEL_MM) -> np.ndarray:
    """Depths (..., 18) -> (..., 14) int8: the sign of parent minus child, 0 for equal depths."""
    difference = depth_mm[..., PARTS[:, 0]] - depth_mm[..., PARTS[:, 1]]
    return np.where(np.abs(difference) < level_mm, 0, np.sign(difference)).astype(np.int8)


def sample_3d(key: str, subject: str, image: np.ndarray, box_px: np.ndarray, joints_mm: np.ndarray,
              intrinsics_px: np.ndarray, joints_px: np.ndarray | None = None, **more: object) -> Sample:
    """A fully labelled sample from joints (18, 3) in the camera frame and the intrinsics of `image`.

    joints_px: (18, 2), for lenses with distortion; None: the pinhole projection.
    """
    depth_mm = joints_mm[:, 2] - joints_mm[ROOT, 2]
    if joints_px is None:
        projected = joints_mm @ np.asarray(intrinsics_px).T
        joints_px = projected[:, :2] / projected[:, 2:]
    known = np.ones(JOINT_COUNT, bool)
    return Sample(key, subject, image, np.asarray(box_px, float), joints_px, known, depth_mm, known.copy(),
                  ordinal_of(depth_mm), np.ones(len(PARTS), bool), np.asarray(intrinsics_px, float),
                  joints_mm[ROOT].copy(), **more)  # type: ignore[arg-type]
