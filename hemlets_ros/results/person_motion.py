"""Motion of a person over time: trajectories, angles, speeds, bone lengths; and CSV files of it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hemlets_ros.people import Frame, Person, TrackingState
from hemlets_ros.results.joint_angles import ANGLE_NAMES, joint_angles_deg
from hemlets_ros.skeleton import JOINT_NAMES, PRIOR_BONES
from hemlets_ros.system.output_path import write_text

_GAP_S = 0.5  # a curve is interrupted if the person is missing for longer
BONE_NAMES = tuple(f'{JOINT_NAMES[child]}-{JOINT_NAMES[parent]}' for child, parent in PRIOR_BONES)


@dataclass(frozen=True)
class Motion:
    """A person in n frames."""

    id: int
    tracked: bool  # False: ids do not identify people across frames
    frames: np.ndarray  # (n,) index of the frame
    stamps_s: np.ndarray  # (n,)
    joints_mm: np.ndarray  # (n, 18, 3), camera frame

    @property
    def angles_deg(self) -> np.ndarray:
        """Angles (n, 11) in the order of ANGLE_NAMES."""
        return joint_angles_deg(self.joints_mm)

    @property
    def bone_lengths_mm(self) -> np.ndarray:
        """Bone lengths (n, 15) in the order of BONE_NAMES."""
        ends = self.joints_mm[:, PRIOR_BONES]
        lengths: np.ndarray = np.linalg.norm(ends[:, :, 0] - ends[:, :, 1], axis=-1)
        return lengths

    @property
    def speeds_m_s(self) -> np.ndarray:
        """Speeds (n, 18) of joints by central differences, not smoothed; NaN at ends, gaps and for photos."""
        speeds = np.full(self.joints_mm.shape[:2], np.nan)
        if not self.tracked or len(self.frames) < 3:
            return speeds
        steps_s = np.diff(self.stamps_s)
        whole = (steps_s > 0) & (steps_s <= _GAP_S)
        inner = np.flatnonzero(whole[:-1] & whole[1:]) + 1
        moved_m = np.linalg.norm(self.joints_mm[inner + 1] - self.joints_mm[inner - 1], axis=-1) / 1000
        speeds[inner] = moved_m / (self.stamps_s[inner + 1] - self.stamps_s[inner - 1])[:, None]
        return speeds

    def with_gaps(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Times (m,) and values (m, ...) of the frames, with a NaN in each gap to interrupt curves."""
        times = self.stamps_s if self.tracked else self.frames.astype(float)
        breaks = np.flatnonzero(np.diff(times) > _GAP_S) + 1 if self.tracked else np.arange(1, len(times))
        return np.insert(times, breaks, np.nan), np.insert(values.astype(float), breaks, np.nan, axis=0)


def motions(frames: list[Frame]) -> list[Motion]:
    """The motion of each id, in descending order of frames; times are relative to the first frame."""
    seen: dict[int, list[tuple[int, Frame, Person]]] = {}
    for index, frame in enumerate(frames):
        for person in frame.people:
            seen.setdefault(person.id, []).append((index, frame, person))
    start_s = frames[0].stamp_s if frames else 0.0
    found = [Motion(
        identity, all(person.tracking != TrackingState.OFF for _, _, person in each),
        np.array([index for index, _, _ in each]),
        np.array([frame.stamp_s - start_s for _, frame, _ in each]),
        np.stack([person.joints_mm for _, _, person in each])) for identity, each in seen.items()]
    return sorted(found, key=lambda motion: -len(motion.frames))


def write_csv(path: str | Path, frames: list[Frame]) -> None:
    """Writes a row per person and frame: position, angles, speeds, bone lengths. Raises OutputError."""
    rows: list[tuple[int, int, list[str]]] = []
    for motion in motions(frames):
        values = np.concatenate([
            motion.joints_mm.reshape(len(motion.frames), -1), motion.angles_deg, motion.speeds_m_s,
            motion.bone_lengths_mm], axis=1)
        for index, stamp_s, row in zip(motion.frames.tolist(), motion.stamps_s.tolist(), values.tolist(),
                                       strict=True):
            cells = ['' if np.isnan(value) else f'{value:.3f}' for value in row]
            rows.append((index, motion.id, [str(index), frames[index].image_name, f'{stamp_s:.6f}',
                                            str(motion.id), *cells]))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(['frame', 'image', 'time_s', 'id',
                     *(f'{name}_{axis}_mm' for name in JOINT_NAMES for axis in 'xyz'),
                     *(f'{name}_deg' for name in ANGLE_NAMES), *(f'{name}_speed_m_s' for name in JOINT_NAMES),
                     *(f'{name}_mm' for name in BONE_NAMES)])
    writer.writerows(cells for _, _, cells in sorted(rows, key=lambda row: row[:2]))
    write_text(path, text.getvalue())
