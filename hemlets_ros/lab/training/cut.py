"""Augmentation: moves the image border into people who are fully visible."""

from __future__ import annotations

import dataclasses

import numpy as np

from hemlets_ros.lab.datasets.sample import Sample

#: How often the border is below, left, right, above of the person.
_SIDES = (0.7, 0.12, 0.12, 0.06)
#: Share of the box that stays in the image, smallest and largest, by side.
_KEPT = ((0.22, 0.92), (0.4, 0.9), (0.4, 0.9), (0.5, 0.92))
_LEAST_KEYPOINTS = 4  # that can still be seen: of less, a detector makes no person
_LEAST_BOX_PX = 20


def cut_person(sample: Sample, rng: np.random.Generator) -> Sample:
    """The sample as if the camera's image had ended within the person: other borders, box and keypoints.

    Joints keep their labels. Where too little of the person would be left, the sample stays as it is.
    """
    side = int(rng.choice(len(_SIDES), p=_SIDES))
    kept = rng.uniform(*_KEPT[side])
    left, top, right, bottom = sample.box_px
    frame = sample.borders_px.copy()
    axis, at = ((3, top + kept * (bottom - top)), (0, right - kept * (right - left)),
                (2, left + kept * (right - left)), (1, bottom - kept * (bottom - top)))[side]
    frame[axis] = max(at, frame[axis]) if axis < 2 else min(at, frame[axis])
    box = np.concatenate([np.maximum(sample.box_px[:2], frame[:2]), np.minimum(sample.box_px[2:], frame[2:])])
    keypoints = _inside(sample.keypoints_px, frame)
    if (box[2:] - box[:2]).min() < _LEAST_BOX_PX or \
            (keypoints is not None and (keypoints[:, 2] > 0).sum() < _LEAST_KEYPOINTS):
        return sample
    return dataclasses.replace(sample, frame_px=frame, box_px=box, keypoints_px=keypoints,
                               detected=_inside(sample.detected, frame))


def _inside(keypoints: np.ndarray | None, frame: np.ndarray) -> np.ndarray | None:
    """Keypoints (17, 3) with score 0 where they are not in the image."""
    if keypoints is None:
        return None
    inside = ((keypoints[:, :2] >= frame[:2]) & (keypoints[:, :2] <= frame[2:])).all(axis=1)
    return np.column_stack([keypoints[:, :2], keypoints[:, 2] * inside])
