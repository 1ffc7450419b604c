"""The refinement steps in their order; each has a parameter of its own, and a before/after figure in
docs/training_history.md ("Refinement steps").

1. `repair_left_right`: exchanged left and right keypoints are corrected before the network uses them.
2. `steady_distance`: the distance of tracked people is filtered over time, and their joints are moved along
   their rays (`root_motion`; velocity and covariance are computed even if this step is off).
3. `steady_bones`: joints are moved so that bone lengths approach the person's estimated lengths.
4. `smoothing`: joints of tracked people are smoothed over time.

A new step is a file in this folder and a line in `Refinement.reset`.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.geometry.lift import NEAREST_MM
from hemlets_ros.refinement.left_right import corrected_keypoints
from hemlets_ros.refinement.root_motion import RootMotions, at_distance
from hemlets_ros.refinement.smoothing import SkeletonSmoother
from hemlets_ros.refinement.steady_bones import SteadyBones
from hemlets_ros.settings import RefinementSettings
from hemlets_ros.skeleton import ROOT


class JointStep(Protocol):
    """Moves the joints of one person; may keep a state for each id."""

    def __call__(self, person_id: int | None, joints_mm: np.ndarray, stamp_s: float) -> np.ndarray:
        """Joints (18, 3), mm, camera frame -> moved joints. person_id None: the person is not tracked."""
        ...


class Refined(NamedTuple):
    """A person after all steps, camera frame."""

    joints_mm: np.ndarray  # (18, 3)
    joints_px: np.ndarray  # (18, 2)
    velocity_m_s: np.ndarray  # (3,) velocity of the pelvis; NaN if unknown
    position_covariance_m2: np.ndarray  # (3, 3) covariance of the pelvis position


class Refinement:
    """All steps that are switched on by the settings, in order."""

    def __init__(self, settings: RefinementSettings) -> None:
        self._settings = settings
        self.reset()

    def reset(self) -> None:
        """Clears the state of all people, as for an image of another scene."""
        settings = self._settings
        self._motions = RootMotions()
        self._steps: list[JointStep] = []
        if settings.steady_bones:
            self._steps.append(SteadyBones())
        if settings.smoothing:
            self._steps.append(SkeletonSmoother(settings.smoothing_min_cutoff_hz, settings.smoothing_beta))

    def change(self, settings: RefinementSettings) -> None:
        """Applies new settings; if they differ, the state of all people is cleared."""
        if settings != self._settings:
            self._settings = settings
            self.reset()

    def correct_keypoints(self, keypoints: np.ndarray, image_joints: np.ndarray) -> np.ndarray:
        """Step 1, called by the network: see `left_right.corrected_keypoints`."""
        return corrected_keypoints(keypoints, image_joints) if self._settings.repair_left_right else keypoints

    def joints(self, track_id: int, joints_mm: np.ndarray, joints_px: np.ndarray, intrinsics: Intrinsics,
               stamp_s: float | None, confidence: float = 1.0) -> Refined:
        """Steps 2 to 4 for one person.

        A step that would move a joint behind the camera is skipped.

        Args:
            track_id: negative: the person is not tracked.
            joints_mm: (18, 3), camera frame.
            joints_px: (18, 2), px of the image.
            intrinsics: intrinsics of the image.
            stamp_s: time of the image; None: unknown, and the person is treated as not tracked.
            confidence: mean confidence of the joints; a low value increases the noise of the distance.
        """
        person_id = track_id if stamp_s is not None and track_id >= 0 else None
        motion = self._motions(person_id, joints_mm[ROOT], stamp_s or 0.0, confidence)
        if self._settings.steady_distance and person_id is not None:
            moved_mm = at_distance(joints_mm, motion.distance_mm)
            if moved_mm[:, 2].min() >= NEAREST_MM:
                joints_mm = moved_mm
        for step in self._steps:
            moved_mm = step(person_id, joints_mm, stamp_s or 0.0)
            if moved_mm is not joints_mm and moved_mm[:, 2].min() >= NEAREST_MM:
                joints_mm, joints_px = moved_mm, intrinsics.project(moved_mm)
        return Refined(joints_mm, joints_px, motion.velocity_m_s, motion.covariance_m2)
