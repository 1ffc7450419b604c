"""Calibrates a camera with a printed board; writes a ROS camera_info YAML.

The file is read by --calibration, by the parameter `calibration`, and by ROS camera drivers
(camera_calibration_parsers). Show a flat board in some 20 views: near, far, in all corners of the image, and
tilted by 30 to 45 degrees to each side.
"""

from __future__ import annotations

import argparse
import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING

from hemlets_ros.cli.arguments import add_settings, finite, input_files, output_name
from hemlets_ros.cli.interrupts import asked_to_stop
from hemlets_ros.errors import SettingsError, SourceError
from hemlets_ros.settings import OutputSettings

if TYPE_CHECKING:
    from hemlets_ros.geometry.calibration_board import Board, View
    from hemlets_ros.sources import Source

#: For videos and cameras: seconds between searched images, and minimum motion of the board between two
#: views, as a share of the image's width.
_EVERY_S, _MOVED = 0.2, 0.04
_MOST_VIEWS = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('source', metavar='SOURCE', help='folder of images, video, bag, number of a USB '
                        'camera, or an rtsp:// address')
    parser.add_argument('--size', required=True, type=_size, metavar='COLUMNSxROWS',
                        help='inner corners of a chessboard, e.g. 8x6, or squares of a ChArUco board')
    parser.add_argument('--square-mm', required=True, type=finite, metavar='MM', help='side of a square')
    parser.add_argument('--pattern', default='chessboard', choices=('chessboard', 'charuco'),
                        help='pattern of the printed board')
    parser.add_argument('--marker-mm', type=finite, default=0.0, metavar='MM',
                        help='charuco: side of a marker')
    parser.add_argument('--dictionary', default='4X4_50', metavar='NAME',
                        help='charuco: dictionary of the markers')
    parser.add_argument('--out', default='camera.yaml', type=output_name, metavar='FILE.yaml',
                        help='the file to write')
    parser.add_argument('--camera-name', default='camera', metavar='NAME', help='name in the file')
    parser.add_argument('--views', type=int, default=40, metavar='N', help='maximum number of views')
    parser.add_argument('--min-views', type=int, default=8, metavar='N', help='minimum number of views')
    parser.add_argument('--max-error-px', type=finite, default=1.0, metavar='PX',
                        help='maximum reprojection error')
    parser.add_argument('--rational', action='store_true',
                        help='8 distortion coefficients instead of 5, for wide lenses')
    parser.add_argument('--topic', default='', help='image topic of a bag (default: its only one)')
    add_settings(parser, OutputSettings)


def main(options: argparse.Namespace) -> int:
    # Imported late, so that --help is fast.
    from hemlets_ros.geometry.calibrate_camera import fit_camera
    from hemlets_ros.geometry.calibration import calibration_text
    from hemlets_ros.geometry.calibration_board import CHARUCO, DICTIONARIES, Board
    from hemlets_ros.settings import SourceSettings
    from hemlets_ros.sources import open_source
    from hemlets_ros.system.output_path import check_outputs, write_text

    if options.pattern == CHARUCO and options.dictionary not in DICTIONARIES:
        raise SettingsError(f'--dictionary must be one of {", ".join(DICTIONARIES)}')
    if not 1 <= options.min_views <= options.views <= _MOST_VIEWS:
        raise SettingsError(f'--min-views and --views must be between 1 and {_MOST_VIEWS}, the first not '
                            f'above the second: not {options.min_views} and {options.views}')
    columns, rows = options.size
    board = Board(columns, rows, options.square_mm / 1000, options.pattern, options.marker_mm / 1000,
                  options.dictionary)
    check_outputs([options.out], input_files(options, options.source), options.overwrite)
    source = open_source(SourceSettings(source=options.source, topic=options.topic))
    views, size_px, seen = find_views(source, board, options.views)
    if size_px is None:
        raise SourceError(f'{options.source}: no image could be read')
    fit = fit_camera(views, size_px, rational=options.rational, min_views=options.min_views,
                     max_error_px=options.max_error_px)
    facts = f'reprojection error {fit.error_px:.3f} px, {len(views)} views, focal length known to ' \
            f'{100 * fit.focal_deviation:.2f} % (standard deviation)'
    write_text(options.out, calibration_text(fit.intrinsics, fit.size_px, options.camera_name, facts))
    matrix = fit.intrinsics.matrix
    print(f'{options.out}: {facts}; {seen} images examined')
    print(f'focal length {matrix[0, 0]:.1f}, {matrix[1, 1]:.1f} px, centre {matrix[0, 2]:.1f}, '
          f'{matrix[1, 2]:.1f} px, of {size_px[0]} x {size_px[1]} px')
    print(f'use it: hemlets run SOURCE --calibration {options.out}')
    return 0


def find_views(source: Source, board: Board, most: int
               ) -> tuple[list[View], tuple[int, int] | None, int]:
    """Views of the board, size (width, height) of the images, and number of searched images.

    For videos, only views that differ are used; for photos, all. Ctrl-C ends a camera and keeps the views so
    far.

    Raises SourceError for images of different sizes.
    """
    import numpy as np

    from hemlets_ros.sources.image_files import ImagesSource
    from hemlets_ros.system.progress import progress

    film = not isinstance(source, ImagesSource)
    views: list[View] = []
    size_px: tuple[int, int] | None = None
    seen, next_s = 0, 0.0
    asked = asked_to_stop('calibrating with the views so far; Ctrl-C again ends at once') if source.live \
        else nullcontext(threading.Event())
    with asked as stopping, progress(total=most if source.live else None, unit='view') as bar:
        for item in source:
            if stopping.is_set():
                break
            height, width = item.image.shape[:2]
            if size_px not in (None, (width, height)):
                raise SourceError(f'{item.name} has {width} x {height} px, others {size_px}: a calibration '
                                  'is of one size; give a folder with images of one size')
            size_px = width, height
            if film and item.stamp_s < next_s:
                continue
            next_s, seen = item.stamp_s + _EVERY_S, seen + 1
            view = board.find(item.image, item.name)
            if view is None or (film and any(
                    other.image_px.shape == view.image_px.shape
                    and np.abs(other.image_px - view.image_px).mean() < _MOVED * width for other in views)):
                continue
            views.append(view)
            bar.update()
            if len(views) == most:
                break
    return views, size_px, seen


def _size(text: str) -> tuple[int, int]:
    columns, _, rows = text.lower().partition('x')
    if not (columns.isdecimal() and rows.isdecimal()):
        raise argparse.ArgumentTypeError(f'must be COLUMNSxROWS such as 8x6, not {text!r}')
    return int(columns), int(rows)
