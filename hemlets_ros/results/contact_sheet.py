"""One picture of a recording: people with their 2D skeleton, and the same skeleton in 3D beside them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D

from hemlets_ros.errors import OutputError
from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.palette import WARNING_RGB
from hemlets_ros.people import Frame, Person
from hemlets_ros.results.overlay import draw_people
from hemlets_ros.results.skeleton_plot import plot_skeleton
from hemlets_ros.skeleton import ROOT

_COLUMNS = 3  # people a row; each has a picture and a plot


def contact_sheet(shots: list[tuple[np.ndarray, Frame]], path: str | Path,
                  start_s: float = 0.0) -> None:
    """Writes a PNG with every person of some (image BGR, frame) pairs.

    Each person's picture is headed by the time since `start_s`, the plot by the pelvis' place.
    """
    cells = [(image, frame, person) for image, frame in shots for person in frame.people]
    rows = max(1, -(-len(cells) // _COLUMNS))
    figure = Figure(figsize=(5.2 * _COLUMNS, 2.8 * rows + 0.6), dpi=90)
    FigureCanvasAgg(figure)
    warnings = {frame.weights.warning for _, frame in shots} - {''}
    title = next(iter(warnings), None) or ('nobody was seen' if not cells else '')
    figure.suptitle(title, color=WARNING_RGB, weight='bold')
    for index, (image, frame, person) in enumerate(cells):
        picture = figure.add_subplot(rows, 2 * _COLUMNS, 2 * index + 1)
        picture.imshow(_cut_out(image, person)[..., ::-1])
        picture.set_title(f'id {person.id}, {frame.stamp_s - start_s:.2f} s', fontsize=9)
        picture.axis('off')
        plot = figure.add_subplot(rows, 2 * _COLUMNS, 2 * index + 2, projection='3d')
        _plot(plot, person)
    figure.subplots_adjust(left=0.01, right=0.99, top=1 - 0.6 / figure.get_figheight(), bottom=0.01,
                           wspace=0.04, hspace=0.15)
    try:
        figure.savefig(path)
    except OSError as error:
        raise OutputError(f'cannot write {path}: {error.strerror or error}') from error


def _cut_out(image: np.ndarray, person: Person) -> np.ndarray:
    """The person's crop, with the skeleton."""
    return cv2.warpAffine(draw_people(image, [person]), person.crop_to_image, (CROP_SIZE_PX, CROP_SIZE_PX),
                          flags=cv2.INTER_AREA | cv2.WARP_INVERSE_MAP)


def _plot(axes: Axes3D, person: Person) -> None:
    plot_skeleton(axes, person.root_relative_mm)
    root_m = person.joints_mm[ROOT] / 1000
    axes.set_title(f'{root_m[0]:.1f}, {root_m[1]:.1f}, {root_m[2]:.1f} m', fontsize=9)
