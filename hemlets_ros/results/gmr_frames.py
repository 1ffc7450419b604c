"""Converts people to frames of GMR (general motion retargeting), per image: {body: (xyz, wxyz)}, z up.

Names and axes of bodies are those of SMPL-X, for GMR's tables `smplx_to_...`. `hemlets export-motion
--format gmr` writes the same for a whole recording.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np

from hemlets_ros.body.body_lengths import body_offsets
from hemlets_ros.body.bone_names import names_in
from hemlets_ros.body.bones import BONE_INDEX
from hemlets_ros.body.from_joints import body_rotations
from hemlets_ros.body.kinematics import joints_mm, world_rotations
from hemlets_ros.body.recorded_motion import ankle_height_mm
from hemlets_ros.body.twist_memory import TwistMemory
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.geometry.camera_pose import LEVEL, parse_pose, to_map_m
from hemlets_ros.people import Frame, Person
from hemlets_ros.skeleton import INDEX

#: Body -> start point (3,) m, and rotation (4,) w x y z from the rest pose (x left, y up, z forward).
GmrFrame: TypeAlias = dict[str, tuple[np.ndarray, np.ndarray]]

_NAMES: Final = names_in('smplx')
_BONES: Final = [BONE_INDEX[bone] for bone in _NAMES]
_ANKLES: Final = [BONE_INDEX['l_ankle'], BONE_INDEX['r_ankle']]
#: Time window in s: the lowest foot within it defines the floor; a person missing for longer is a new person.
_MEMORY_S: Final = 2.0
_LONGEST_STEP_S: Final = 1.0


@dataclass
class _Known:
    """State of a person from earlier images."""

    stamp_s: float
    twists: TwistMemory = field(default_factory=TwistMemory)
    offsets_mm: np.ndarray = field(default_factory=lambda: np.zeros((len(BONE_INDEX), 3)))  # sum over images
    count: int = 0
    lows_m: deque[tuple[float, float]] = field(default_factory=deque)  # (time, height of the lower sole)


class GmrFrames:
    """Makes GMR frames of consecutive images; keeps a state per person id."""

    def __init__(self, camera_in_map: str = '') -> None:
        """camera_in_map: the camera's pose, as in the parameter; the floor is z = 0.

        Empty: the camera is assumed level, at x = y = 0, and the floor of each person is at the lowest foot
        of the last two seconds. Raises SettingsError for an invalid pose.
        """
        self._placed = bool(camera_in_map)
        self._pose = parse_pose(camera_in_map or LEVEL)
        self._turn = quat.from_matrix(to_map_m(1000 * np.eye(3), self._pose).T - self._pose[:3, None])
        self._known: dict[int, _Known] = {}

    def __call__(self, frame: Frame) -> dict[int, GmrFrame]:
        """GMR frame of each tracked person, by id; without bodies, rotations are estimated from joints."""
        self._known = {key: each for key, each in self._known.items()
                       if abs(frame.stamp_s - each.stamp_s) <= _MEMORY_S}
        return {person.id: self._of(person, frame.stamp_s) for person in frame.people if person.id >= 0}

    def _of(self, person: Person, stamp_s: float) -> GmrFrame:
        known = self._known.setdefault(person.id, _Known(stamp_s))
        root_mm, rotations, offsets_mm = _body(person, known, stamp_s)
        places_m = to_map_m(joints_mm(root_mm[None], rotations[None], offsets_mm)[0], self._pose)
        if not self._placed:
            sole_m = float(places_m[_ANKLES, 2].min()) - ankle_height_mm(offsets_mm) / 1000
            known.lows_m.append((stamp_s, sole_m))
            while known.lows_m[0][0] < stamp_s - _MEMORY_S:
                known.lows_m.popleft()
            places_m[:, 2] -= min(low for _, low in known.lows_m)
        known.stamp_s = stamp_s
        turns = quat.multiply(self._turn, world_rotations(rotations[None])[0])
        return dict(zip(_NAMES.values(), zip(places_m[_BONES], turns[_BONES], strict=True), strict=True))


def gmr_frames(frames: Iterable[Frame],
               camera_in_map: str = '') -> Iterator[tuple[float, dict[int, GmrFrame]]]:
    """Yields (stamp in s, person id -> {body: (xyz, wxyz)}) of each frame; see GmrFrames."""
    made = GmrFrames(camera_in_map)
    for frame in frames:
        yield frame.stamp_s, made(frame)


def _body(person: Person, known: _Known, stamp_s: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pelvis (3,), rotations (24, 4) and bones (24, 3) of a person, mm, camera frame."""
    if person.body is not None:
        return person.body.root_mm, person.body.rotations, person.body.offsets_mm
    known.offsets_mm = known.offsets_mm + body_offsets(person.joints_mm[None])[0]
    known.count += 1
    offsets_mm = known.offsets_mm / known.count
    step_s = min(max(stamp_s - known.stamp_s, 0.0), _LONGEST_STEP_S)
    rotations = body_rotations(person.joints_mm[None], offsets_mm, known.twists.step(step_s))[0]
    return person.joints_mm[INDEX['pelvis']], rotations, offsets_mm
