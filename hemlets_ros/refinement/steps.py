"""The refinement steps in their order; each has a parameter of its own, and a before/after figure in
docs/training_history.md ("Refinement steps").

1. `repair_left_right`: keypoints with left and right exchanged are corrected before the network uses them.
2. `steady_distance`: tracked people keep their distance, or move at a steady speed; joints move along their
   rays (`root_motion`, which also gives velocity and covariance, whether this step is on or not).
3. `steady_bones`: joints are moved so that bones are nearly as long as is likely for this person.
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
    """Moves the joints of one person; remembers the person by id."""

    def __call__(self, person_id: int | None, joints_mm: np.ndarray, stamp_s: float) -> np.ndarray:
        """Joints (18, 3), mm, camera frame -> the same moved. person_id None: seen once, not tracked."""
        ...


class Refined(NamedTuple):
    """A person after all steps, camera frame."""

    joints_mm: np.ndarray  # (18, 3)
    joints_px: np.ndarray  # (18, 2)
    velocity_m_s: np.ndarray  # (3,) of the pelvis; NaN where not known
    position_covariance_m2: np.ndarray  # (3, 3) of the pelvis


class Refinement:
    """All steps that the settings switch on, in order."""

    def __init__(self, settings: RefinementSettings) -> None:
        self._settings = settings
        self.reset()

    def reset(self) -> None:
        """Forgets everybody: the next image is of another scene."""
        settings = self._settings
        self._motions = RootMotions()
        self._steps: list[JointStep] = []
        if settings.steady_bones:
            self._steps.append(SteadyBones())
        if settings.smoothing:
            self._steps.append(SkeletonSmoother(settings.smoothing_min_cutoff_hz, settings.smoothing_beta))

    def change(self, settings: RefinementSettings) -> None:
        """Takes new settings; where they differ, everybody is forgotten."""
        if settings != self._settings:
            self._settings = settings
            self.reset()

    def correct_keypoints(self, keypoints: np.ndarray, image_joints: np.ndarray) -> np.ndarray:
        """Step 1, for the network: as `left_right.corrected_keypoints`."""
        return corrected_keypoints(keypoints, image_joints) if self._settings.repair_left_right else keypoints

    def joints(self, track_id: int, joints_mm: np.ndarray, joints_px: np.ndarray, intrinsics: Intrinsics,
               stamp_s: float | None, confidence: float = 1.0) -> Refined:
        """All later steps of one person, of (18, 3) mm in the camera frame and (18, 2) px.

        confidence: mean of the joints', by which a new distance counts.

        A step that would put a joint behind the camera is left out. Without a stamp, or with a negative track
        id (not tracked), steps see somebody for the first and last time.
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
