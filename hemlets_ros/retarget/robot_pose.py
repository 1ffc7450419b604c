"""The result of retargeting for one frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class RobotPose:
    """A robot's pose; the world has z up, its floor at 0."""

    stamp_s: float
    person_id: int
    joints_rad: np.ndarray  # (n,) in the order of RobotModel.joint_names
    base_m: np.ndarray  # (3,) position of the base in the world
    base_wxyz: np.ndarray  # (4,)
    residuals_mm: dict[str, float]  # joint of the person -> position error of the robot's point
    at_limits: np.ndarray  # (n,) bool: whether a joint is at the end of its range
