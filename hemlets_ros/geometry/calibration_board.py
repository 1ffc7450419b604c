"""Calibration boards, chessboard and ChArUco: finding their corners in an image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np

from hemlets_ros.errors import InputError

CHESSBOARD, CHARUCO = 'chessboard', 'charuco'
#: Names of OpenCV's ArUco dictionaries without the prefix DICT_.
DICTIONARIES = tuple(sorted(name.removeprefix('DICT_') for name in dir(getattr(cv2, 'aruco', None))
                            if name.startswith('DICT_') and name[5:6].isdigit()))
#: A ChArUco board with fewer visible corners is not used: its pose would be inaccurate.
_MIN_VISIBLE_CORNERS = 8
_MAX_CORNERS = 100  # per row and column
_MAX_SQUARE_M = 10.0


@dataclass(frozen=True)
class View:
    """One image of a board: its corners on the board and in the image."""

    name: str
    board_m: np.ndarray  # (N, 3) float32, z = 0
    image_px: np.ndarray  # (N, 2) float32


@dataclass(frozen=True)
class Board:
    """Layout of a printed board. Raises InputError for an impossible layout.

    columns, rows: number of inner corners of a chessboard, as in camera_calibration; number of squares of a
    ChArUco board.
    """

    columns: int
    rows: int
    square_m: float
    pattern: str = CHESSBOARD
    marker_m: float = 0.0
    dictionary: str = '4X4_50'

    def __post_init__(self) -> None:
        if min(self.columns, self.rows) < 3 or not 0 < self.square_m < _MAX_SQUARE_M:
            raise InputError('a board needs at least 3 x 3 corners, and squares with a size, in mm')
        if max(self.columns, self.rows) > _MAX_CORNERS:
            raise InputError(f'a board may have at most {_MAX_CORNERS} x {_MAX_CORNERS} corners, not '
                             f'{self.columns} x {self.rows}')
        if self.pattern == CHARUCO:
            if not hasattr(cv2, 'aruco') or not hasattr(cv2.aruco, 'CharucoDetector'):
                raise InputError(f'OpenCV {cv2.__version__} cannot find ChArUco boards: python -m pip '
                                 'install "opencv-python>=4.9", or use a chessboard')
            if not 0 < self.marker_m < self.square_m:
                raise InputError(f'markers must be smaller than the squares: not {self.marker_m} m in '
                                 f'{self.square_m} m')

    def find(self, image: np.ndarray, name: str = '') -> View | None:
        """Finds the corners in an image, (H, W, 3) uint8 BGR; None: not found, or too few are visible.

        name: name of the returned view.
        """
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        if self.pattern == CHARUCO:
            corners, ids, _, _ = self._detector.detectBoard(grey)
            if ids is None or len(ids) < _MIN_VISIBLE_CORNERS:
                return None
            on_board, in_image = self.charuco.matchImagePoints(corners, ids)
            return View(name, on_board.reshape(-1, 3), in_image.reshape(-1, 2))
        found, corners = cv2.findChessboardCornersSB(grey, (self.columns, self.rows))
        if not found:
            return None
        grid = np.zeros((self.rows, self.columns, 3), np.float32)
        grid[..., 0], grid[..., 1] = np.meshgrid(np.arange(self.columns), np.arange(self.rows))
        return View(name, grid.reshape(-1, 3) * np.float32(self.square_m), corners.reshape(-1, 2))

    @cached_property
    def charuco(self) -> Any:
        """OpenCV's description of the board; it can also draw it."""
        dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, f'DICT_{self.dictionary}'))
        return cv2.aruco.CharucoBoard((self.columns, self.rows), self.square_m, self.marker_m, dictionary)

    @cached_property
    def _detector(self) -> Any:
        return cv2.aruco.CharucoDetector(self.charuco)
