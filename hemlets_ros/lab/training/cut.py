"""Truncation augmentation: moves the image border into the person's bounding box."""

from __future__ import annotations

import dataclasses

import numpy as np

from hemlets_ros.lab.datasets.sample import Sample

#: Sampling probabilities of the truncated side: bottom, left, right, top.
_SIDE_PROBABILITIES = (0.7, 0.12, 0.12, 0.06)
#: Minimum and maximum share of the box that stays in the image, per side.
_KEPT_SHARES = ((0.22, 0.92), (0.4, 0.9), (0.4, 0.9), (0.5, 0.92))
_MIN_KEYPOINTS = 4  # visible keypoints; with fewer, a detector does not find the person
_MIN_BOX_PX = 20


def truncate_person(sample: Sample, rng: np.random.Generator) -> Sample:
    """Truncates the person: moves one image border into the box; adapts box and keypoints.

    The labels of joints are kept. If too little of the person would remain, the sample is returned unchanged.
    """
    side = int(rng.choice(len(_SIDE_PROBABILITIES), p=_SIDE_PROBABILITIES))
    kept = rng.uniform(*_KEPT_SHARES[side])
    left, top, right, bottom = sample.box_px
    frame = sample.borders_px.copy()
    axis, at = ((3, top + kept * (bottom - top)), (0, right - kept * (right - left)),
                (2, left + kept * (right - left)), (1, bottom - kept * (bottom - top)))[side]
    frame[axis] = max(at, frame[axis]) if axis < 2 else min(at, frame[axis])
    box = np.concatenate([np.maximum(sample.box_px[:2], frame[:2]), np.minimum(sample.box_px[2:], frame[2:])])
    keypoints = _inside(sample.keypoints_px, frame)
    if (box[2:] - box[:2]).min() < _MIN_BOX_PX or \
            (keypoints is not None and (keypoints[:, 2] > 0).sum() < _MIN_KEYPOINTS):
        return sample
    return dataclasses.replace(sample, frame_px=frame, box_px=box, keypoints_px=keypoints,
                               detected=_inside(sample.detected, frame))


def _inside(keypoints: np.ndarray | None, frame: np.ndarray) -> np.ndarray | None:
    """Keypoints (17, 3) with the score set to 0 outside the image borders `frame` (4,)."""
    if keypoints is None:
        return None
    inside = ((keypoints[:, :2] >= frame[:2]) & (keypoints[:, :2] <= frame[2:])).all(axis=1)
    return np.column_stack([keypoints[:, :2], keypoints[:, 2] * inside])
