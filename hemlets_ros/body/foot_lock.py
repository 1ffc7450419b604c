"""Foot contacts in motion files: level soles and, on request, ankles that do not slide."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hemlets_ros.body.bones import BONE_INDEX
from hemlets_ros.body.foot_contacts import phases
from hemlets_ros.body.kinematics import BodyMotion, local_rotations
from hemlets_ros.geometry import quaternions as quat

_UP = np.array([0.0, 1.0, 0.0])
#: Time to blend a foot into and out of its locked position; width of the filter that moves the body, s.
_BLEND_S, _FOLLOW_S = 0.1, 0.15
#: Largest distance from hip to ankle, relative to the leg's length. It keeps the knee from being straight.
_REACH = 0.999
_SHORTEST_MM = 1e-3
#: Iterations: each moves the body towards the positions that the legs did not reach.
_PASSES = 3


def with_level_soles(motion: BodyMotion, contacts: np.ndarray, rate_hz: float) -> BodyMotion:
    """The motion (y up) with feet in contact made level, as in the rest pose; their heading does not change.

    contacts: (n, 2) bool, left and right.
    """
    world = motion.world_rotations
    for foot, side in enumerate('lr'):
        ankle, toe = BONE_INDEX[f'{side}_ankle'], BONE_INDEX[f'{side}_toe']
        turned = world[:, ankle]
        level = quat.multiply(quat.shortest(quat.rotate(turned, _UP), _UP), turned)
        share = _eased(contacts[:, foot], rate_hz)
        toes = quat.multiply(quat.inverse(turned), world[:, toe])
        world[:, ankle] = quat.multiply(
            turned, quat.power(quat.multiply(quat.inverse(turned), level), share))
        world[:, toe] = quat.multiply(world[:, ankle], toes)
    return replace(motion, rotations=quat.continuous(local_rotations(world)))


def with_locked_feet(motion: BodyMotion, contacts: np.ndarray, rate_hz: float) -> BodyMotion:
    """The motion (y up) with ankles that do not move while their foot is in contact.

    First the body is moved by the smoothed sliding of the feet in contact. Inverse kinematics of the legs
    corrects the rest.

    contacts: (n, 2) bool, left and right.
    """
    ankles = [BONE_INDEX[f'{side}_ankle'] for side in 'lr']
    places = motion.joints_mm[:, ankles]
    targets = places.copy()
    for foot in range(2):
        for start, end in phases(contacts[:, foot]):
            targets[start:end, foot] = np.median(places[start:end, foot], axis=0)
    standing = contacts.sum(axis=1)
    for _ in range(_PASSES):
        slid = np.sum((targets - motion.joints_mm[:, ankles]) * contacts[..., None], axis=1)
        slid = slid / np.maximum(standing, 1)[:, None]
        motion = replace(motion, root_mm=motion.root_mm + _smoothed(slid, standing > 0, rate_hz))
        for foot, side in enumerate('lr'):
            goals = targets[_nearest(contacts[:, foot])[0], foot]
            motion = _reaching(motion, side, goals, _eased(contacts[:, foot], rate_hz))
    return motion


def _reaching(motion: BodyMotion, side: str, goal: np.ndarray, share: np.ndarray) -> BodyMotion:
    """Moves an ankle by a share (n,) of the way to its goal (n, 3), by inverse kinematics of the leg."""
    hip, knee, ankle = (BONE_INDEX[f'{side}_{name}'] for name in ('hip', 'knee', 'ankle'))
    world, joints = motion.world_rotations, motion.joints_mm
    start, middle, end = joints[:, hip], joints[:, knee], joints[:, ankle]
    goal = end + share[:, None] * (goal - end)
    thigh, shin = (float(np.linalg.norm(motion.offsets_mm[bone])) for bone in (knee, ankle))
    if min(thigh, shin) < _SHORTEST_MM:  # too short for a knee
        return motion
    reach = np.clip(np.linalg.norm(goal - start, axis=1), abs(thigh - shin) + 1.0, _REACH * (thigh + shin))
    axis = np.cross(middle - start, end - middle)  # current flexion axis of the knee
    hinge = quat.rotate(world[:, hip], np.array([1.0, 0.0, 0.0]))
    axis = np.where(np.linalg.norm(axis, axis=1, keepdims=True) > 0.02 * thigh * shin, axis, hinge)

    def bend(length: np.ndarray) -> np.ndarray:
        """The inner angle of the knee for a distance from hip to ankle."""
        return np.arccos(np.clip((thigh ** 2 + shin ** 2 - length ** 2) / (2 * thigh * shin), -1, 1))

    more = bend(np.linalg.norm(end - start, axis=1)) - bend(reach)
    bent = quat.about(axis, more)
    swing = quat.shortest(middle + quat.rotate(bent, end - middle) - start, goal - start)
    world[:, hip] = quat.multiply(swing, world[:, hip])
    world[:, knee] = quat.multiply(swing, quat.multiply(bent, world[:, knee]))
    # Ankle and toes keep their rotation in the world.
    return replace(motion, rotations=quat.continuous(local_rotations(world)))


def _nearest(on: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n,) the nearest frame that is on, and its distance in frames. If none is on: frame 0, infinity."""
    frames = np.arange(len(on))
    if not on.any():
        return np.zeros(len(on), int), np.full(len(on), np.inf)
    before = np.maximum.accumulate(np.where(on, frames, -len(on)))
    after = np.minimum.accumulate(np.where(on, frames, 2 * len(on))[::-1])[::-1]
    nearest = np.where(frames - before <= after - frames, before, after)
    return nearest, np.abs(frames - nearest).astype(float)


def _eased(on: np.ndarray, rate_hz: float) -> np.ndarray:
    """(n,) 0..1: 1 where on, with a smooth transition to 0 within _BLEND_S."""
    share = np.clip(1 - _nearest(on)[1] / (rate_hz * _BLEND_S), 0, 1)
    result: np.ndarray = share * share * (3 - 2 * share)
    return result


def _smoothed(values: np.ndarray, known: np.ndarray, rate_hz: float) -> np.ndarray:
    """Gaussian filter (_FOLLOW_S) over time of the known values (n, 3)."""
    radius = int(np.ceil(4 * _FOLLOW_S * rate_hz))
    bell = np.exp(-0.5 * (np.arange(-radius, radius + 1) / (_FOLLOW_S * rate_hz)) ** 2)

    def summed(column: np.ndarray) -> np.ndarray:
        return np.asarray(np.convolve(known * column, bell)[radius:radius + len(column)])

    weight = np.maximum(summed(np.ones(len(values))), 1e-3)  # far from known values, the result goes to 0
    return np.stack([summed(column) / weight for column in values.T], axis=1)
