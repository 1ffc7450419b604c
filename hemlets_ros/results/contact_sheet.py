"""An overview image of a run: each person's crop with the 2D skeleton, beside the 3D skeleton."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from hemlets_ros.errors import OutputError
from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.people import Frame, Person
from hemlets_ros.results.drawing import draw_skeleton, opacity
from hemlets_ros.results.palette import WARNING_RGB, bgr
from hemlets_ros.results.skeleton_plot import TITLE_PX, SkeletonPlot, write_title
from hemlets_ros.skeleton import ROOT

_COLUMNS = 3  # people per row; each has a crop and a plot
_GAP_PX = 8
_PLOT_PX = 340
_PLOT_MARGIN_PX = 16  # empty margin at the sides of the plot


def contact_sheet(frames: list[tuple[np.ndarray, Frame]], path: str | Path,
                  start_s: float = 0.0) -> None:
    """Writes a PNG with all people of the given frames.

    The title of a crop has the id and the time since `start_s`, or the file's name. The title of a plot has
    the pelvis' position in m.

    Args:
        frames: (image, frame) pairs; images (H, W, 3) uint8 BGR.
        path: of the PNG.
        start_s: stamp that corresponds to 0 s.

    Raises OutputError if the path cannot be written.
    """
    cells = [_cell(image, frame, person, start_s) for image, frame in frames for person in frame.people]
    warnings = {frame.weights.warning for _, frame in frames} - {''}
    title = next(iter(warnings), None) or ('' if cells else 'no people were detected')
    write_sheet(path, [cells[start:start + _COLUMNS] for start in range(0, len(cells), _COLUMNS)], title,
                _COLUMNS)


def write_sheet(path: str | Path, rows: list[list[np.ndarray]], title: str, columns: int) -> None:
    """Writes a PNG with rows of cells (`person_cell`) below a red title.

    Raises OutputError if the path cannot be written.
    """
    nothing = np.full((_PLOT_PX, _PLOT_PX, 3), 255, np.uint8)
    blank = person_cell(nothing[:1, :1], '', nothing)
    filled = [np.hstack([*row, *[blank] * (columns - len(row))]) for row in rows or [[]]]
    _, data = cv2.imencode('.png', np.vstack([_header(title, filled[0].shape[1]), *filled]))
    try:
        Path(path).write_bytes(data.tobytes())
    except OSError as error:
        raise OutputError(f'cannot write {path}: {error.strerror or error}') from error


def person_cell(picture: np.ndarray, title: str, plot: np.ndarray) -> np.ndarray:
    """An image of at most (256, 256, 3) with a title, beside a plot by `person_plot`."""
    canvas = np.full((_PLOT_PX, CROP_SIZE_PX, 3), 255, np.uint8)
    top = (_PLOT_PX - CROP_SIZE_PX + TITLE_PX) // 2
    canvas[top:top + len(picture), :picture.shape[1]] = picture
    write_title(canvas[top - TITLE_PX:top], title)
    plot = plot[:, _PLOT_MARGIN_PX:_PLOT_PX - _PLOT_MARGIN_PX]
    return cv2.copyMakeBorder(np.hstack([canvas, plot]), 0, _GAP_PX, _GAP_PX, 0, cv2.BORDER_CONSTANT,
                              value=(255, 255, 255))


def person_plot(person: Person, title: str) -> np.ndarray:
    """The person's skeleton in 3D, for `person_cell`."""
    return SkeletonPlot(_PLOT_PX, title, scale=True).draw(
        person.root_relative_mm, opacity(person.visibility, 'faint'))


def person_picture(image: np.ndarray, person: Person, crop_to_image: np.ndarray) -> np.ndarray:
    """The crop (256, 256, 3) uint8 BGR of an image, with the person's skeleton."""
    drawn = image.copy()
    draw_skeleton(drawn, person.joints_px, max(1, round(np.ptp(person.box_px[1::2]) / 100)),
                  opacities=opacity(person.visibility, 'faint'))
    return cv2.warpAffine(drawn, crop_to_image, (CROP_SIZE_PX, CROP_SIZE_PX),
                          flags=cv2.INTER_AREA | cv2.WARP_INVERSE_MAP)


def _cell(image: np.ndarray, frame: Frame, person: Person, start_s: float) -> np.ndarray:
    root_m = np.round(person.joints_mm[ROOT] / 1000, 1) + 0.0  # avoids -0.0
    return person_cell(person_picture(image, person, person.crop_to_image),
                       f'id {person.id}, {frame.image_name or f"{frame.stamp_s - start_s:.2f} s"}',
                       person_plot(person, f'pelvis at {root_m[0]:.1f}, {root_m[1]:.1f}, {root_m[2]:.1f} m'))


def _header(title: str, width_px: int) -> np.ndarray:
    canvas = np.full((2 * TITLE_PX, width_px, 3), 255, np.uint8)
    (width, _), _ = cv2.getTextSize(title, cv2.FONT_HERSHEY_SIMPLEX, 0.8, 2)
    scale = 0.8 * min(1.0, 0.96 * width_px / max(width, 1))
    cv2.putText(canvas, title, (max(round((width_px - width) / 2), _GAP_PX), round(1.4 * TITLE_PX)),
                cv2.FONT_HERSHEY_SIMPLEX, scale, bgr(WARNING_RGB), 2, cv2.LINE_AA)
    return canvas
