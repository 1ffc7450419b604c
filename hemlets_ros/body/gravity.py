"""Estimates the vertical from people: standing people are upright, and feet in contact lie in one plane.

Upright: the direction from the mean of the ankles to the neck, averaged over the frames in which the knees
and the trunk are nearly straight. Plane: one point for each foot contact, relative to the mean of that
person's points, because distances from the camera are more accurate between the steps of one person than
between people.
"""

from __future__ import annotations

import numpy as np

from hemlets_ros.body.foot_contacts import ANKLES, foot_contacts, phases
from hemlets_ros.body.world import Up
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.skeleton import INDEX

#: A person stands if knees and hips bend by less than this.
_STRAIGHT_DEG = 40.0
#: Standard deviation of a person's mean direction from up (gait, posture, bias of the network), and the time
#: over which frames are correlated.
_PERSON_DEG, _SAME_S = 6.0, 0.5
#: Standard deviation of the ankles' distance from the plane, from one contact to the next, mm.
_STEP_MM = 60.0
#: Straight bodies that deviate more than this from the image's up are not standing (lying, handstand).
_FARTHEST_DEG = 60.0
_CAMERA_UP = np.array([0.0, -1.0, 0.0])
#: Prior if nobody stands: standard deviation of the camera's tilt.
_CAMERA_DEG = 20.0


def up_from_people(tracks: list[tuple[np.ndarray, np.ndarray]]) -> Up:
    """Up in the camera frame.

    tracks: for each person, joints (n, 18, 3), mm, in the optical frame of the camera, and stamps (n,), s.
    """
    weights, directions, count = [], [], 0
    for joints, stamps_s in tracks:
        lines = quat.unit(joints[:, INDEX['neck']] - joints[:, ANKLES].mean(axis=1))
        standing = _standing(joints) & (lines @ _CAMERA_UP > np.cos(np.radians(_FARTHEST_DEG)))
        if not standing.any():
            continue
        lines = lines[standing]
        mean = quat.unit(np.median(lines, axis=0))
        spread_deg = np.degrees(np.sqrt(np.mean(np.sum((lines - mean) ** 2, axis=1)) / 2))
        independent = max(1.0, standing.sum() * _frame_s(stamps_s) / _SAME_S)
        weights.append(1 / (_PERSON_DEG ** 2 + spread_deg ** 2 / independent))
        directions.append(mean)
        count += 1
    if not count:
        weights, directions = [1 / _CAMERA_DEG ** 2], [_CAMERA_UP]
    upright = quat.unit(np.sum(np.array(weights)[:, None] * directions, axis=0))
    apart_rad = np.linalg.norm(np.array(directions) - upright, axis=1).mean() / np.sqrt(len(weights))
    sigma_rad = max(np.radians(1 / np.sqrt(sum(weights))), apart_rad)
    steps = [step for joints, stamps_s in tracks for step in _steps(joints, stamps_s, upright)]
    information = np.eye(3) / sigma_rad ** 2
    if steps:
        information = information + np.einsum('ni,nj->ij', np.array(steps), np.array(steps)) / _STEP_MM ** 2
    up = quat.unit(np.linalg.solve(information, upright / sigma_rad ** 2))
    across = np.linalg.svd(up[None])[2][1:]  # two directions perpendicular to up
    covariance = np.linalg.inv(across @ information @ across.T)
    people = f'{count} standing {"person" if count == 1 else "people"}' if count else 'a camera held level'
    return Up(up, f'{people} and {len(steps)} resting feet',
              float(np.degrees(np.sqrt(np.trace(covariance) / 2))))


def _standing(joints: np.ndarray) -> np.ndarray:
    """(n,) bool: knees, hips and trunk nearly straight."""
    at = {name: joints[:, index] for name, index in INDEX.items()}
    least = np.cos(np.radians(_STRAIGHT_DEG))
    trunk = quat.unit(at['neck'] - at['pelvis'])
    straight = np.ones(len(joints), bool)
    for side in 'lr':
        thigh, shin = (quat.unit(at[f'{side}_{start}'] - at[f'{side}_{end}'])
                       for start, end in (('hip', 'knee'), ('knee', 'ankle')))
        straight &= (np.sum(thigh * shin, axis=1) > least) & (np.sum(thigh * trunk, axis=1) > least)
    return straight


def _steps(joints: np.ndarray, stamps_s: np.ndarray, up: np.ndarray) -> list[np.ndarray]:
    """The position (3,) of each foot contact, relative to the mean of all of them."""
    contacts = foot_contacts(joints, stamps_s, up)
    points = [np.median(joints[start:end, ankle], axis=0) for foot, ankle in enumerate(ANKLES)
              for start, end in phases(contacts[:, foot])]
    return [point - np.mean(points, axis=0) for point in points]


def _frame_s(stamps_s: np.ndarray) -> float:
    return float(np.median(np.diff(stamps_s))) if len(stamps_s) > 1 else 0.0
