"""Filters position and velocity of a tracked person's pelvis.

The distance estimated from a single image has an error of a few per cent: a person who stands still at 7 m
seems to move by 80 mm from image to image. An interacting multiple model filter (Blom and Bar-Shalom 1988)
runs two Kalman filters in parallel, one for a person at rest and one for a person with constant velocity.
Each is weighted by the likelihood of the measurements, so a person at rest does not jitter, and a walking
person is followed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hemlets_ros.geometry.lift import NEAREST_MM
from hemlets_ros.skeleton import ROOT

#: Measurement noise (standard deviations) of distance and direction in one image, as shares of the distance.
#: The errors of successive images are correlated, so both are larger than the differences between them.
_DISTANCE_NOISE, _DIRECTION_NOISE = 0.05, 0.004
#: Below this mean confidence of the joints, the distance noise is multiplied by up to the second number.
_USUAL_CONFIDENCE, _MAX_NOISE_FACTOR = 0.5, 5.0
#: Relative standard deviation of adults' sizes; distances are computed for a person of mean size.
_SIZE_NOISE = 0.06
_ACCELERATION_M_S2 = 3.0  # process noise of the moving model (standard deviation)
_DRIFT_M = 0.02  # process noise of the resting model (standard deviation after one second)
_SPEED_M_S = 0.7  # initial standard deviation of the moving model's velocity
_STARTS_HZ, _STOPS_HZ = 0.15, 0.1  # rates of transitions from rest to motion, and from motion to rest
_INITIAL_PROBABILITIES = np.array([0.8, 0.2])  # of the resting and the moving model


@dataclass(frozen=True)
class RootMotion:
    """Filtered motion of a person's pelvis, camera frame."""

    distance_mm: float  # from the camera
    velocity_m_s: np.ndarray  # (3,); NaN at the first image of a person
    covariance_m2: np.ndarray  # (3, 3) covariance of the position, including the variance of adults' sizes


class RootMotions:
    """One filter per person. A person who was not seen for `memory_s` is forgotten."""

    def __init__(self, memory_s: float = 1.0) -> None:
        self._memory_s = memory_s
        self._known: dict[int, tuple[_TwoModels, float]] = {}  # id -> filter, time of the last image

    def __call__(self, person_id: int | None, root_mm: np.ndarray, stamp_s: float,
                 confidence: float = 1.0) -> RootMotion:
        """Updates the filter of a person with a new measurement.

        Args:
            person_id: track id; None: the person is not tracked.
            root_mm: (3,) measured position of the pelvis, camera frame.
            stamp_s: time of the image.
            confidence: mean confidence of the joints; a low value increases the noise of the distance.
        """
        distance_m = max(float(np.linalg.norm(root_mm)), NEAREST_MM) / 1000
        ray = root_mm / 1000 / distance_m
        # Distance (m) and ray are filtered separately: an image determines the ray far better.
        values = np.array([distance_m, *ray])
        noise_factor = float(np.clip(_USUAL_CONFIDENCE / max(confidence, 1e-3), 1, _MAX_NOISE_FACTOR))
        sigmas = np.array([noise_factor * _DISTANCE_NOISE * distance_m, *[_DIRECTION_NOISE] * 3])
        metre = np.array([1.0, *[1 / distance_m] * 3])
        self._known = {key: each for key, each in self._known.items() if stamp_s - each[1] <= self._memory_s}
        if person_id is None or person_id not in self._known:
            motion = _TwoModels(values, sigmas, metre)
            velocity_m_s = np.full(3, np.nan)
        else:
            motion, seen_s = self._known[person_id]
            motion.update(values, sigmas, metre, stamp_s - seen_s)
            speed = motion.speeds
            velocity_m_s = speed[0] * ray + motion.values[0] * speed[1:]
        if person_id is not None:
            self._known[person_id] = (motion, stamp_s)
        distance_m = float(motion.values[0])
        covariance_m2 = _covariance(ray, distance_m, motion.sigmas[0], motion.sigmas[1:].max())
        return RootMotion(1000 * distance_m, velocity_m_s, covariance_m2)


def at_distance(joints_mm: np.ndarray, distance_mm: float) -> np.ndarray:
    """Moves each of the joints (18, 3) along its ray, so that the pelvis has the given distance.

    Image positions and relative depths stay the same.
    """
    ray = joints_mm[ROOT] / np.linalg.norm(joints_mm[ROOT])
    along_mm = joints_mm @ ray
    result: np.ndarray = joints_mm * ((along_mm + distance_mm - along_mm[ROOT]) / along_mm)[:, None]
    return result


def _covariance(ray: np.ndarray, distance_m: float, along_m: float, direction: float) -> np.ndarray:
    """Covariance (3, 3) of a position from the standard deviations of its distance and of its direction."""
    projection = np.outer(ray, ray)
    result: np.ndarray = (along_m ** 2 + (_SIZE_NOISE * distance_m) ** 2) * projection \
        + (direction * distance_m) ** 2 * (np.eye(3) - projection)
    return result


class _TwoModels:
    """Interacting multiple model filter of n independent variables: value and speed in two models."""

    def __init__(self, values: np.ndarray, sigmas: np.ndarray, metre: np.ndarray) -> None:
        """Starts at the first measurements.

        values, sigmas: (n,) measurements and their standard deviations.
        metre: (n,) one metre in the unit of each variable.
        """
        count = len(values)
        self._states = np.zeros((count, 2, 2))  # by model (resting, moving): value and speed
        self._states[:, :, 0] = values[:, None]
        self._covariances = np.zeros((count, 2, 2, 2))
        self._covariances[:, :, 0, 0] = sigmas[:, None] ** 2
        self._covariances[:, 1, 1, 1] = (_SPEED_M_S * metre) ** 2
        self._probabilities = np.tile(_INITIAL_PROBABILITIES, (count, 1))

    def update(self, values: np.ndarray, sigmas: np.ndarray, metre: np.ndarray, step_s: float) -> None:
        """Updates with measurements `step_s` after the last ones; those without a step are ignored."""
        if step_s <= 0:
            return
        self._mix(step_s)
        transition = np.array([[[1.0, 0.0], [0.0, 0.0]], [[1.0, step_s], [0.0, 1.0]]])
        by_acceleration = np.array([step_s ** 2 / 2, step_s])
        noise = np.array([np.diag([_DRIFT_M ** 2 * step_s, 0.0]),
                          _ACCELERATION_M_S2 ** 2 * np.outer(by_acceleration, by_acceleration)])
        states = (transition @ self._states[..., None])[..., 0]
        covariances = transition @ self._covariances @ transition.transpose(0, 2, 1) \
            + metre[:, None, None, None] ** 2 * noise
        residual = values[:, None] - states[..., 0]
        variance = covariances[..., 0, 0] + sigmas[:, None] ** 2
        gain = covariances[..., 0] / variance[..., None]
        self._states = states + gain * residual[..., None]
        self._covariances = covariances - gain[..., :, None] * covariances[..., None, 0, :]
        exponent = -residual ** 2 / (2 * variance)
        likelihood = np.exp(exponent - exponent.max(axis=1, keepdims=True))  # without 1 / sqrt(variance)
        posterior = self._probabilities / np.sqrt(variance) * likelihood
        self._probabilities = posterior / posterior.sum(axis=1, keepdims=True)

    def _mix(self, step_s: float) -> None:
        """Mixes the states of both models, because the person may have started or stopped moving."""
        starts, stops = -np.expm1([-_STARTS_HZ * step_s, -_STOPS_HZ * step_s])
        changes = np.array([[1 - starts, starts], [stops, 1 - stops]])  # from, to
        probabilities = self._probabilities @ changes
        weights = changes * self._probabilities[:, :, None] / probabilities[:, None]  # (n, from, to)
        states = weights.transpose(0, 2, 1) @ self._states
        offset = self._states[:, :, None] - states[:, None]  # (n, from, to, 2)
        spread = self._covariances[:, :, None] + offset[..., :, None] * offset[..., None, :]
        self._covariances = (weights[..., None, None] * spread).sum(axis=1)
        self._states, self._probabilities = states, probabilities

    @property
    def values(self) -> np.ndarray:
        """Means (n,) over both models."""
        result: np.ndarray = (self._probabilities * self._states[..., 0]).sum(axis=1)
        return result

    @property
    def speeds(self) -> np.ndarray:
        """Mean speeds (n,) over both models."""
        result: np.ndarray = (self._probabilities * self._states[..., 1]).sum(axis=1)
        return result

    @property
    def sigmas(self) -> np.ndarray:
        """Standard deviations (n,) of the values."""
        offset = self._states[..., 0] - self.values[:, None]
        variances = self._covariances[..., 0, 0] + offset ** 2
        result: np.ndarray = np.sqrt((self._probabilities * variances).sum(axis=1))
        return result
