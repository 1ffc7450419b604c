"""The bodies of tracked people: rotations by the body head, shape over time, fitted to the refined joints."""

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

#: Beside the network's own weights, whose feature maps it reads.
HEAD = Path(__file__).parents[1] / 'weights' / 'hemlets_body.safetensors'
_MEMORY_S = 1.0
_SETTLES_S = 0.12  # how long rotations that joints do not tell take to follow the head's
#: The trunk's bones, whose rotations joints tell, follow at once.
_LIMBS = [number for number, name in enumerate(BONE_NAMES)
          if name not in ('pelvis', 'spine1', 'spine2', 'spine3', 'l_clavicle', 'r_clavicle')]


@dataclass(frozen=True)
class Seen:
    """What one image says of a person's body."""

    rotations: np.ndarray  # (24, 4) against the parents, the pelvis' from the rest pose to the camera frame
    shape: np.ndarray  # (7,) by SHAPE


@dataclass
class _Known:
    """What is known of somebody from earlier images."""

    shape: np.ndarray  # weighted sum
    weight: float
    offsets_mm: np.ndarray  # sum
    count: int
    rotations: np.ndarray | None
    seen_s: float


class BodyEstimator:
    """Remembers people by their ids until they are not seen for a while."""

    def __init__(self, weights: WeightsInfo) -> None:
        """weights: of the pose network. Raises WeightsError where the head's file is damaged."""
        self._head = BodyHead(HEAD)
        self._features = self._head.network == weights.sha256
        self._known: dict[int, _Known] = {}

    def reset(self) -> None:
        """Forgets everybody."""
        self._known.clear()

    def look(self, joints_mm: np.ndarray, pose: Pose, keypoints: np.ndarray | None,
             to_ray: np.ndarray) -> list[Seen]:
        """The bodies of the N people of an image.

        Args:
            joints_mm: (N, 18, 3) camera frame, of the usual size (skeleton.PRIOR_HEIGHT_M).
            pose: of the same people.
            keypoints: (N, 17, 3) the detector's, of `decode.crop_keypoints`; None: there are none.
            to_ray: (N, 3, 3) from the camera frame to that of each crop's ray.
        """
        relative = (joints_mm - joints_mm[:, [ROOT]]) @ to_ray.swapaxes(1, 2)
        maps = pose.features if self._features else None
        turns, shape = self._head(with_likely_bones(relative), pose.confidence, crop_positions(pose.crop_px),
                                  keypoints, maps)
        turns = quat.multiply(quat.inverse(quat.from_matrix(to_ray))[:, None], turns)
        return [Seen(*each) for each in zip(local_rotations(turns), shape, strict=True)]

    def sizes(self, track_ids: Sequence[int], seen: Sequence[Seen], confidence: np.ndarray,
              stamp_s: float | None) -> np.ndarray:
        """(N,) how large people are against the usual size, from all images of each; takes what was seen.

        confidence: (N, 18).
        """
        stamp = stamp_s or 0.0
        self._known = {key: each for key, each in self._known.items() if stamp - each.seen_s <= _MEMORY_S}
        sizes = []
        for track_id, each, sure in zip(track_ids, seen, confidence.mean(axis=1), strict=True):
            weight = float(sure) + 1e-3
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
        """The body whose joints meet the refined ones (18, 3), mm, camera frame; after `sizes`."""
        known = self._known.get(track_id) if stamp_s is not None else None
        offsets_mm, _ = body_offsets(joints_mm[None])
        rotations, shape = seen.rotations, seen.shape
        if known is not None:
            shape = known.shape / known.weight
            known.offsets_mm, known.count = known.offsets_mm + offsets_mm, known.count + 1
            offsets_mm = known.offsets_mm / known.count
            if known.rotations is not None:
                share = 1 - np.exp(-max((stamp_s or 0.0) - known.seen_s, 0.0) / _SETTLES_S)
                rotations = rotations.copy()
                rotations[_LIMBS] = quat.between(known.rotations[_LIMBS], rotations[_LIMBS], share)
        root_mm, rotations = fitted(joints_mm, confidence, rotations, offsets_mm)
        if known is not None:
            known.rotations, known.seen_s = rotations, stamp_s or 0.0
        values = dict(zip(SHAPE, shape.tolist(), strict=True))
        del values['log_size']
        body = Body(root_mm, rotations, offsets_mm, values.pop('height_m'), values)
        return replace(body, extra_joints_mm=extra_joints_mm(body))
