"""Position and velocity of a tracked person's pelvis, from estimates that jitter along the camera's ray.

A single image tells the distance of a person to some per cent: somebody who stands still at 7 m seems to move
by 80 mm from image to image. Here two models of each person's distance run side by side, one of somebody who
stays, one of somebody who moves at a steady speed, each weighted by how well it predicts the measurements
(interacting multiple models, Blom and Bar-Shalom 1988): who stands is steady, who walks is followed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hemlets_ros.geometry.lift import NEAREST_MM
from hemlets_ros.skeleton import ROOT

#: How far off a distance is in one image, and a direction, in shares of the distance; errors of neighbouring
#: images are alike, so both are larger than what one image differs from the next.
_DISTANCE_NOISE, _DIRECTION_NOISE = 0.05, 0.004
#: From this mean confidence down, distances are less sure, at most so many times.
_USUAL_CONFIDENCE, _MOST_DOUBT = 0.5, 5.0
#: Adults' sizes vary by so much around the mean that distances are found by (standard deviation).
_SIZE_NOISE = 0.06
_ACCELERATION_M_S2 = 3.0  # of those who move
_DRIFT_M = 0.02  # of those who stay, in a second
_SPEED_M_S = 0.7  # somebody new may have it
_STARTS_HZ, _STOPS_HZ = 0.15, 0.1  # how often somebody does
_SHARES = np.array([0.8, 0.2])  # of somebody new


@dataclass(frozen=True)
class RootMotion:
    """A person's pelvis, camera frame."""

    distance_mm: float  # from the camera, filtered
    velocity_m_s: np.ndarray  # (3,); NaN of somebody seen once
    covariance_m2: np.ndarray  # (3, 3) of its position, with the spread of adults' sizes


class RootMotions:
    """Filters everybody's place; forgets who was not seen for a while."""

    def __init__(self, memory_s: float = 1.0) -> None:
        self._memory_s = memory_s
        self._known: dict[int, tuple[_TwoModels, float]] = {}  # id -> filter, last seen

    def __call__(self, person_id: int | None, root_mm: np.ndarray, stamp_s: float,
                 confidence: float = 1.0) -> RootMotion:
        """Takes a new place (3,), mm, camera frame.

        Args:
            person_id: None: of somebody who is not tracked.
            confidence: mean of the joints'; the less, the less the new distance counts.
        """
        distance_m = max(float(np.linalg.norm(root_mm)), NEAREST_MM) / 1000
        ray = root_mm / 1000 / distance_m
        # Filtered are the distance, in metres, and the ray: pixels are sure of the one and not of the other.
        values = np.array([distance_m, *ray])
        doubt = float(np.clip(_USUAL_CONFIDENCE / max(confidence, 1e-3), 1, _MOST_DOUBT))
        sigmas = np.array([doubt * _DISTANCE_NOISE * distance_m, *[_DIRECTION_NOISE] * 3])
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
    """The joints (18, 3), each moved along its own ray, so that the pelvis is at a distance from the camera.

    All keep their places in the image, and their depths from each other.
    """
    ray = joints_mm[ROOT] / np.linalg.norm(joints_mm[ROOT])
    along_mm = joints_mm @ ray
    result: np.ndarray = joints_mm * ((along_mm + distance_mm - along_mm[ROOT]) / along_mm)[:, None]
    return result


def _covariance(ray: np.ndarray, distance_m: float, along_m: float, direction: float) -> np.ndarray:
    """(3, 3), from standard deviations along the ray and of its direction."""
    projection = np.outer(ray, ray)
    result: np.ndarray = (along_m ** 2 + (_SIZE_NOISE * distance_m) ** 2) * projection \
        + (direction * distance_m) ** 2 * (np.eye(3) - projection)
    return result


class _TwoModels:
    """Numbers (n,) over time, each by itself: value and speed as one of two models has them."""

    def __init__(self, values: np.ndarray, sigmas: np.ndarray, metre: np.ndarray) -> None:
        """sigmas: standard deviations of the measurements; metre: in the unit of each number."""
        count = len(values)
        self._states = np.zeros((count, 2, 2))  # by model (of who stays, of who moves): value and speed
        self._states[:, :, 0] = values[:, None]
        self._covariances = np.zeros((count, 2, 2, 2))
        self._covariances[:, :, 0, 0] = sigmas[:, None] ** 2
        self._covariances[:, 1, 1, 1] = (_SPEED_M_S * metre) ** 2
        self._shares = np.tile(_SHARES, (count, 1))

    def update(self, values: np.ndarray, sigmas: np.ndarray, metre: np.ndarray, step_s: float) -> None:
        """Takes measurements some time after the last ones; two at once count as the first."""
        if step_s <= 0:
            return
        self._mix(step_s)
        moves = np.array([[[1.0, 0.0], [0.0, 0.0]], [[1.0, step_s], [0.0, 1.0]]])
        kick = np.array([step_s ** 2 / 2, step_s])
        noise = np.array([np.diag([_DRIFT_M ** 2 * step_s, 0.0]),
                          _ACCELERATION_M_S2 ** 2 * np.outer(kick, kick)])
        states = (moves @ self._states[..., None])[..., 0]
        covariances = moves @ self._covariances @ moves.transpose(0, 2, 1) \
            + metre[:, None, None, None] ** 2 * noise
        excess = values[:, None] - states[..., 0]
        variance = covariances[..., 0, 0] + sigmas[:, None] ** 2
        gain = covariances[..., 0] / variance[..., None]
        self._states = states + gain * excess[..., None]
        self._covariances = covariances - gain[..., :, None] * covariances[..., None, 0, :]
        exponent = -excess ** 2 / (2 * variance)
        likely = self._shares / np.sqrt(variance) * np.exp(exponent - exponent.max(axis=1, keepdims=True))
        self._shares = likely / likely.sum(axis=1, keepdims=True)

    def _mix(self, step_s: float) -> None:
        """Somebody may have stopped or started since: each model begins with a share of the other's."""
        starts, stops = -np.expm1([-_STARTS_HZ * step_s, -_STOPS_HZ * step_s])
        changes = np.array([[1 - starts, starts], [stops, 1 - stops]])  # from, to
        shares = self._shares @ changes
        weights = changes * self._shares[:, :, None] / shares[:, None]  # (n, from, to)
        states = weights.transpose(0, 2, 1) @ self._states
        away = self._states[:, :, None] - states[:, None]  # (n, from, to, 2)
        spread = self._covariances[:, :, None] + away[..., :, None] * away[..., None, :]
        self._covariances = (weights[..., None, None] * spread).sum(axis=1)
        self._states, self._shares = states, shares

    @property
    def values(self) -> np.ndarray:
        result: np.ndarray = (self._shares * self._states[..., 0]).sum(axis=1)
        return result

    @property
    def speeds(self) -> np.ndarray:
        result: np.ndarray = (self._shares * self._states[..., 1]).sum(axis=1)
        return result

    @property
    def sigmas(self) -> np.ndarray:
        """Standard deviations of the values."""
        away = self._states[..., 0] - self.values[:, None]
        result: np.ndarray = np.sqrt((self._shares * (self._covariances[..., 0, 0] + away ** 2)).sum(axis=1))
        return result
