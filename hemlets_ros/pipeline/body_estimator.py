"""Estimates the bodies of tracked people: rotations and shape by the body head, the shape averaged over time,
the rotations fitted to the refined joints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hemlets_ros.body.body_fit import fitted
from hemlets_ros.body.body_lengths import body_offsets
from hemlets_ros.body.bones import BONE_NAMES
from hemlets_ros.body.extra_joints import extra_joints_mm
from hemlets_ros.body.head import SHAPE, BodyHead
from hemlets_ros.body.kinematics import local_rotations
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.geometry.volume import crop_positions
from hemlets_ros.model.decode import Pose
from hemlets_ros.people import Body, WeightsInfo
from hemlets_ros.refinement.bone_lengths import with_likely_bones
from hemlets_ros.skeleton import ROOT

#: Weights of the body head; it uses feature maps of the network with the bundled weights.
HEAD = Path(__file__).parents[1] / 'weights' / 'hemlets_body.safetensors'
_MEMORY_S = 1.0
#: Time constant of the low-pass filter for limbs, whose rotations are not completely determined by joints.
_TIME_CONSTANT_S = 0.12
#: Bones that are filtered; the trunk's rotations are determined by joints and not filtered.
_LIMBS = [number for number, name in enumerate(BONE_NAMES)
          if name not in ('pelvis', 'spine1', 'spine2', 'spine3', 'l_clavicle', 'r_clavicle')]


@dataclass(frozen=True)
class Seen:
    """Estimate of a person's body from one image."""

    #: (24, 4) rotations relative to the parent bone; for the pelvis relative to the camera frame
    rotations: np.ndarray
    shape: np.ndarray  # (7,) in the order of SHAPE


@dataclass
class _Known:
    """State of a person over time."""

    shape: np.ndarray  # sum of shapes, weighted by confidence
    weight: float  # sum of weights
    offsets_mm: np.ndarray  # sum of bone offsets
    count: int  # number of offsets in the sum
    rotations: np.ndarray | None  # of the last image
    seen_s: float  # time of the last image


class BodyEstimator:
    """Keeps a state for each track id until the person was not seen for a second."""

    def __init__(self, weights: WeightsInfo) -> None:
        """weights: weights of the pose network. Raises WeightsError if the head's file is damaged."""
        self._head = BodyHead(HEAD)
        self._features = self._head.network == weights.sha256
        self._known: dict[int, _Known] = {}

    def reset(self) -> None:
        """Clears the state of all people."""
        self._known.clear()

    def look(self, joints_mm: np.ndarray, pose: Pose, keypoints: np.ndarray | None,
             to_ray: np.ndarray) -> list[Seen]:
        """Estimates the bodies of the N people of an image.

        Args:
            joints_mm: (N, 18, 3) camera frame, scaled to the height skeleton.PRIOR_HEIGHT_M.
            pose: poses of the same people.
            keypoints: (N, 17, 3) from `decode.crop_keypoints`; None: there are none.
            to_ray: (N, 3, 3) rotations from the camera frame to the depth frame of each crop.
        """
        relative = (joints_mm - joints_mm[:, [ROOT]]) @ to_ray.swapaxes(1, 2)
        maps = pose.features if self._features else None
        turns, shape = self._head(with_likely_bones(relative), pose.confidence, crop_positions(pose.crop_px),
                                  keypoints, maps)
        turns = quat.multiply(quat.inverse(quat.from_matrix(to_ray))[:, None], turns)
        return [Seen(*each) for each in zip(local_rotations(turns), shape, strict=True)]

    def sizes(self, track_ids: Sequence[int], seen: Sequence[Seen], confidence: np.ndarray,
              stamp_s: float | None) -> np.ndarray:
        """Adds the estimates of an image to each person's state, and returns the sizes (N,) of people.

        Sizes are relative to skeleton.PRIOR_HEIGHT_M and averaged over all images of a person. confidence:
        (N, 18).
        """
        stamp = stamp_s or 0.0
        self._known = {key: each for key, each in self._known.items() if stamp - each.seen_s <= _MEMORY_S}
        sizes = []
        for track_id, each, mean_confidence in zip(track_ids, seen, confidence.mean(axis=1), strict=True):
            weight = float(mean_confidence) + 1e-3
            known = self._known.get(track_id) if track_id >= 0 and stamp_s is not None else None
            if known is None:
                known = _Known(np.zeros(len(SHAPE)), 0.0, np.zeros((len(each.rotations), 3)), 0, None, stamp)
            known.shape, known.weight = known.shape + weight * each.shape, known.weight + weight
            if track_id >= 0 and stamp_s is not None:
                self._known[track_id] = known
            sizes.append(np.exp(known.shape[SHAPE.index('log_size')] / known.weight))
        return np.array(sizes)

    def fit(self, track_id: int, seen: Seen, joints_mm: np.ndarray, confidence: np.ndarray,
            stamp_s: float | None) -> Body:
        """Fits a person's body to the refined joints (18, 3), mm, camera frame. Call `sizes` first."""
        known = self._known.get(track_id) if stamp_s is not None else None
        offsets_mm, _ = body_offsets(joints_mm[None])
        rotations, shape = seen.rotations, seen.shape
        if known is not None:
            shape = known.shape / known.weight
            known.offsets_mm, known.count = known.offsets_mm + offsets_mm, known.count + 1
            offsets_mm = known.offsets_mm / known.count
            if known.rotations is not None:
                share = 1 - np.exp(-max((stamp_s or 0.0) - known.seen_s, 0.0) / _TIME_CONSTANT_S)
                rotations = rotations.copy()
                rotations[_LIMBS] = quat.between(known.rotations[_LIMBS], rotations[_LIMBS], share)
        root_mm, rotations = fitted(joints_mm, confidence, rotations, offsets_mm)
        if known is not None:
            known.rotations, known.seen_s = rotations, stamp_s or 0.0
        values = dict(zip(SHAPE, shape.tolist(), strict=True))
        del values['log_size']
        body = Body(root_mm, rotations, offsets_mm, values.pop('height_m'), values)
        return replace(body, extra_joints_mm=extra_joints_mm(body))
