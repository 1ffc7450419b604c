"""Motion as a CSV table: a row per person and frame; metres, x forward, y left, z up; several people."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hemlets_ros.body.bones import BONE_NAMES
from hemlets_ros.body.recorded_motion import RecordedMotion
from hemlets_ros.body.world import z_up_points
from hemlets_ros.results.motion_files.motion_npz import z_up_local_rotations
from hemlets_ros.system.output_path import write_text


def write_motion_csv(path: str | Path, motions: Sequence[RecordedMotion]) -> None:
    """Writes start points of all 24 bones, and their rotations relative to their parents (w, x, y, z)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(['id', 'time_s', 'seen', 'l_contact', 'r_contact',
                     *(f'{bone}_{axis}_m' for bone in BONE_NAMES for axis in 'xyz'),
                     *(f'{bone}_q{axis}' for bone in BONE_NAMES for axis in 'wxyz')])
    for motion in motions:
        count = len(motion.seen)
        values = np.concatenate([z_up_points(motion.body.joints_mm).reshape(count, -1) / 1000,
                                 z_up_local_rotations(motion).reshape(count, -1)], axis=1)
        for stamp_s, seen, contacts, row in zip(motion.stamps_s, motion.seen, motion.contacts, values,
                                                strict=True):
            writer.writerow([motion.id, f'{stamp_s:.6f}', int(seen), *contacts.astype(int),
                             *(f'{value:.6f}' for value in row)])
    write_text(path, text.getvalue())
