"""Motion as NumPy arrays, and as frames for GMR; metres, x forward, y left, z up; one person per file.

`np.load(path)` reads both without pickle.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hemlets_ros.body.bone_names import names_in
from hemlets_ros.body.bones import BONE_INDEX, BONE_NAMES, PARENTS
from hemlets_ros.body.recorded_motion import RecordedMotion
from hemlets_ros.body.world import z_up_points, z_up_rotations
from hemlets_ros.system.output_path import write_bytes


def write_npz(path: str | Path, motions: Sequence[RecordedMotion]) -> None:
    """Writes all data of a person's motion."""
    motion = motions[0]
    _save(path, {
        'id': motion.id, 'rate_hz': motion.rate_hz, 'stamps_s': motion.stamps_s, 'seen': motion.seen,
        'contacts': motion.contacts, 'height_m': motion.height_m,
        'bone_names': np.array(BONE_NAMES), 'parents': np.array(PARENTS),
        'offsets_m': motion.body.offsets_mm / 1000, 'joints_m': z_up_points(motion.body.joints_mm) / 1000,
        'rotations_wxyz': z_up_local_rotations(motion),
        'world_rotations_wxyz': z_up_rotations(motion.body.world_rotations),
        'up_in_camera': motion.up.direction, 'up_uncertainty_deg': np.nan
        if motion.up.uncertainty_deg is None else motion.up.uncertainty_deg})


def write_gmr(path: str | Path, motions: Sequence[RecordedMotion]) -> None:
    """Writes position and rotation of each body per frame, as GMR's reader of SMPL-X gives them.

    GMR's frames are [{name: (xyz, wxyz) for name, xyz, wxyz in zip(names, *frame)} for frame in
    zip(positions_m, rotations_wxyz)].
    """
    motion = motions[0]
    names = names_in('smplx')
    indices = [BONE_INDEX[bone] for bone in names]
    _save(path, {
        'body_names': np.array(list(names.values())), 'rate_hz': motion.rate_hz, 'height_m': motion.height_m,
        'positions_m': z_up_points(motion.body.joints_mm[:, indices]) / 1000,
        'rotations_wxyz': z_up_rotations(motion.body.world_rotations[:, indices])})


def z_up_local_rotations(motion: RecordedMotion) -> np.ndarray:
    """Rotations (n, 24, 4) relative to the parents; the pelvis' one: from the rest pose to axes with z up."""
    rotations = motion.body.rotations.copy()
    rotations[:, 0] = z_up_rotations(rotations[:, 0])
    return rotations


def _save(path: str | Path, arrays: dict[str, Any]) -> None:
    data = io.BytesIO()
    plain = {name: np.asarray(value) for name, value in arrays.items()}
    np.savez_compressed(data, allow_pickle=False, **plain)
    write_bytes(path, data.getvalue())
