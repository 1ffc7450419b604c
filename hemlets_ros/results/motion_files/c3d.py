"""C3D files: markers for biomechanics, mm, x forward, y left, z up; one person per file. Needs ezc3d."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hemlets_ros.body.recorded_motion import RecordedMotion
from hemlets_ros.body.world import z_up_points
from hemlets_ros.errors import OutputError
from hemlets_ros.results.motion_files.body_markers import markers_mm


def write_c3d(path: str | Path, motions: Sequence[RecordedMotion]) -> None:
    """Writes the joints of the body; the residual is -1 in frames without the person."""
    import ezc3d

    motion = motions[0]
    markers = markers_mm(motion)
    places = z_up_points(np.stack(list(markers.values())))  # (markers, n, 3)
    file = ezc3d.c3d()
    points = file['parameters']['POINT']
    points['RATE']['value'] = [motion.rate_hz]
    points['LABELS']['value'] = list(markers)
    points['UNITS']['value'] = ['mm']
    file.add_parameter('POINT', 'X_SCREEN', ['+X'])
    file.add_parameter('POINT', 'Y_SCREEN', ['+Z'])
    data = np.ones((4, *places.shape[:2]))
    data[:3] = np.where(motion.seen, np.moveaxis(places, -1, 0), np.nan)
    file['data']['points'] = data
    residuals = np.broadcast_to(np.where(motion.seen, 0.0, -1.0), (1, *places.shape[:2]))
    file['data']['meta_points']['residuals'] = residuals.copy()
    part = Path(path).resolve().with_name(f'.{Path(path).stem}.part.c3d')  # ezc3d requires this suffix
    try:
        file.write(str(part))
        part.replace(Path(path).resolve())
    except (OSError, RuntimeError) as error:  # ezc3d raises RuntimeError
        part.unlink(missing_ok=True)
        raise OutputError(f'cannot write {path}: {error}') from error
