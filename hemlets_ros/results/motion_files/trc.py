"""TRC files: markers for OpenSim, mm, x forward, y up, z right; one person per file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hemlets_ros.body.recorded_motion import RecordedMotion
from hemlets_ros.results.motion_files.body_markers import markers_mm
from hemlets_ros.system.output_path import write_text


def write_trc(path: str | Path, motions: Sequence[RecordedMotion]) -> None:
    """Writes the joints of the body; cells are empty in frames without the person."""
    motion = motions[0]
    markers = markers_mm(motion)
    count, rate = len(motion.seen), f'{motion.rate_hz:.6f}'
    axes = [f'{axis}{number}' for number in range(1, len(markers) + 1) for axis in 'XYZ']
    lines = [f'PathFileType\t4\t(X/Y/Z)\t{Path(path).name}',
             'DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames',
             f'{rate}\t{rate}\t{count}\t{len(markers)}\tmm\t{rate}\t1\t{count}',
             'Frame#\tTime\t' + '\t\t\t'.join(markers) + '\t\t',
             '\t\t' + '\t'.join(axes), '']
    places = np.stack(list(markers.values()), axis=1)[..., [2, 1, 0]] * [1.0, 1.0, -1.0]
    for index, (stamp_s, place) in enumerate(zip(motion.stamps_s, places, strict=True)):
        cells = [f'{value:.4f}' if motion.seen[index] else '' for value in place.ravel()]
        lines.append('\t'.join([str(index + 1), f'{stamp_s:.6f}', *cells]))
    write_text(path, '\n'.join(lines) + '\n')
