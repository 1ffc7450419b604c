"""Plots of motion over time: trajectories, angles, speeds, bone lengths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hemlets_ros.errors import OutputError
from hemlets_ros.results.joint_angles import ANGLE_NAMES, CONVENTIONS
from hemlets_ros.results.palette import SIDE_RGB
from hemlets_ros.results.person_motion import BONE_NAMES, Motion
from hemlets_ros.skeleton import INDEX, side

_AXES = ('x: to the right, m', 'y: down, m', 'z: away from the camera, m')
#: Line styles of the joints, angles or bones of one side, in drawing order.
_STYLES = ('-', '--', ':', '-.')
_CENTRE_RGB = (0.25, 0.25, 0.25)  # dark, because the palette's yellow is hard to see on white
_SMALL = 7


def plot_motions(path: str | Path, motions: Sequence[Motion], joints: Sequence[str]) -> None:
    """Writes a PNG with a column for each person.

    joints: names of the joints whose trajectories and speeds are drawn.

    Raises OutputError if the path cannot be written.
    """
    figure = Figure(figsize=(7.5 * len(motions) + 0.5, 19), dpi=100, layout='constrained')
    FigureCanvasAgg(figure)
    rows = figure.subplots(8, len(motions), squeeze=False, sharex='col')
    numbers = [INDEX[name] for name in joints]
    pairs = [[name, f'l_{name[2:]}'] for name in ANGLE_NAMES if name.startswith('r_')]
    limbs = [name for name in BONE_NAMES if side(name) != 'centre' and 'pelvis' not in name]
    for column, motion in zip(rows.T, motions, strict=True):
        place_m = motion.joints_mm[:, numbers] / 1000
        for axis, label in enumerate(_AXES):
            _curves(column[axis], motion, place_m[..., axis], joints, label)
        angles = dict(zip(ANGLE_NAMES, motion.angles_deg.T, strict=True))
        for axes, names, label in ((column[3], [*pairs[0], *pairs[1]], 'knee and hip flexion, °'),
                                   (column[4], [*pairs[3], *pairs[4]], 'elbow, shoulder, °'),
                                   (column[5], [*pairs[2], 'trunk_inclination'], 'hip abduction, trunk, °')):
            _curves(axes, motion, np.stack([angles[name] for name in names], axis=1), names, label)
        _curves(column[6], motion, motion.speeds_m_s[:, numbers], joints, 'speed, m/s')
        lengths = dict(zip(BONE_NAMES, motion.bone_lengths_mm.T / 10, strict=True))
        _curves(column[7], motion, np.stack([lengths[name] for name in limbs], axis=1), limbs,
                'bone lengths, cm')
        column[0].set_title(f'person {motion.id}' if motion.tracked else f'person {motion.id} of each photo')
        column[7].set_xlabel('time, s' if motion.tracked else 'number of the photo')
    figure.supxlabel('Angles:\n' + '\n'.join(f'{name}: {text}' for name, text in CONVENTIONS.items()),
                     fontsize=_SMALL + 1, x=0.02, ha='left')
    try:
        figure.savefig(path, format='png')
    except OSError as error:
        raise OutputError(f'cannot write {path}: {error.strerror or error}') from error


def _curves(axes: Axes, motion: Motion, values: np.ndarray, names: Sequence[str], label: str) -> None:
    """Draws values (n, k) of k names; the colour shows the side, the line style the part."""
    without_side = [name.replace('r_', '').replace('l_', '') for name in names]
    parts = list(dict.fromkeys(without_side))
    for name, part, curve in zip(names, without_side, values.T, strict=True):
        colour = SIDE_RGB[side(name)] if side(name) != 'centre' else _CENTRE_RGB
        axes.plot(*motion.with_gaps(curve), _STYLES[parts.index(part) % len(_STYLES)], color=colour,
                  linewidth=1.2, marker=None if motion.tracked else 'o', markersize=3,
                  label=name.replace('_', ' '))
    axes.set_ylabel(label, fontsize=_SMALL + 2)
    axes.grid(alpha=0.3)
    axes.tick_params(labelsize=_SMALL)
    axes.legend(fontsize=_SMALL - 1, loc='upper left', bbox_to_anchor=(1.0, 1.02), frameon=False,
                handlelength=2.6)
