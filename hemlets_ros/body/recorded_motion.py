"""Motion of one person for motion files: even frame rate, vertical axis, ground, foot contacts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hemlets_ros.body.bones import BONE_INDEX, JOINT_OF_BONE, REST_OFFSETS_MM
from hemlets_ros.body.even_frames import even_frames
from hemlets_ros.body.foot_contacts import ANKLES, foot_contacts
from hemlets_ros.body.foot_lock import with_level_soles, with_locked_feet
from hemlets_ros.body.from_joints import body_motion
from hemlets_ros.body.kinematics import BodyMotion
from hemlets_ros.body.world import Up
from hemlets_ros.errors import InputError
from hemlets_ros.skeleton import INDEX

_UP = np.array([0.0, 1.0, 0.0])
#: Height of the ankles above the ground for REST_OFFSETS_MM: 0.05 of the body height (anny), mm.
_REST_ANKLE_MM = 93.0
#: If no foot is ever in contact, the lower ankle is assumed to stand in this share of the frames.
_LOW_SHARE = 0.05
_SMALLEST_MM = 1.0


@dataclass(frozen=True)
class RecordedMotion:
    """A person in n frames at a constant rate. World: see world.py; the ground is at y = 0."""

    id: int
    rate_hz: float
    start_s: float  # of the first frame, since the start of the recording
    body: BodyMotion
    seen: np.ndarray  # (n,) bool: a frame near this one shows the person; else: interpolated
    contacts: np.ndarray  # (n, 2) bool: the left and the right foot stand on the ground
    up: Up
    misfit_mm: float  # median distance of the body's joints to those of the recording

    @property
    def stamps_s(self) -> np.ndarray:
        """(n,) since the start of the recording."""
        result: np.ndarray = self.start_s + np.arange(len(self.seen)) / self.rate_hz
        return result

    @property
    def height_m(self) -> float:
        """Upright height, from the soles to the top of the head."""
        offsets = self.body.offsets_mm
        spine = ('spine1', 'spine2', 'spine3', 'neck', 'head')
        up = sum(float(offsets[BONE_INDEX[bone], 1]) for bone in spine) + float(self.body.ends_mm['head'][1])
        down = sum(float(offsets[BONE_INDEX[bone], 1]) for bone in ('l_hip', 'l_knee', 'l_ankle'))
        return (up - down + ankle_height_mm(offsets)) / 1000


def recorded_motion(person_id: int, joints_mm: np.ndarray, stamps_s: np.ndarray, up: Up, rate_hz: float,
                    foot_lock: bool = False) -> RecordedMotion:
    """The motion of a person.

    Args:
        joints_mm: (m, 18, 3) in the camera's optical frame.
        stamps_s: (m,) increasing, since the start of the recording.
        foot_lock: whether feet in contact are kept from sliding.

    Raises InputError if there are less than two frames, if their times do not increase or are too far apart,
    and if all joints are at one point.
    """
    if len(stamps_s) < 2 or (np.diff(stamps_s) <= 0).any():
        raise InputError(f'person {person_id}: motion needs at least two frames, at increasing times')
    if float(np.median(np.ptp(joints_mm, axis=1).max(axis=1))) < _SMALLEST_MM:
        raise InputError(f'person {person_id}: the joints are all in one place')
    even = even_frames(joints_mm @ up.from_camera.T, stamps_s, rate_hz)
    body = body_motion(even.joints_mm, even.stamps_s)
    contacts = foot_contacts(even.joints_mm, even.stamps_s, _UP) & even.seen[:, None]
    own = even.joints_mm[:, [INDEX[joint] for joint in JOINT_OF_BONE.values()]]
    fitted = body.joints_mm[:, [BONE_INDEX[bone] for bone in JOINT_OF_BONE]]
    misfit_mm = float(np.median(np.linalg.norm(own - fitted, axis=-1)))
    ground_mm = _ankle_ground_mm(even.joints_mm, contacts) - ankle_height_mm(body.offsets_mm)
    body = with_level_soles(replace(body, root_mm=body.root_mm - ground_mm * _UP), contacts, rate_hz)
    if foot_lock:
        body = with_locked_feet(body, contacts, rate_hz)
    return RecordedMotion(person_id, rate_hz, float(stamps_s[0]), body, even.seen, contacts, up, misfit_mm)


def ankle_height_mm(offsets_mm: np.ndarray) -> float:
    """Height of the ankles above the ground for a standing body with bones (24, 3)."""
    legs = [BONE_INDEX['l_knee'], BONE_INDEX['l_ankle']]
    size = np.linalg.norm(offsets_mm[legs], axis=1).sum() / np.linalg.norm(
        REST_OFFSETS_MM[legs], axis=1).sum()
    return float(_REST_ANKLE_MM * size)


def _ankle_ground_mm(joints_mm: np.ndarray, contacts: np.ndarray) -> float:
    """Height (y up) of the ankles of feet in contact."""
    heights = joints_mm[:, list(ANKLES), 1]
    return float(np.median(heights[contacts]) if contacts.any() else
                 np.quantile(heights.min(axis=1), _LOW_SHARE))
