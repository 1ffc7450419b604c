"""3D plots of skeletons, viewed from the camera's right and slightly above, in parallel projection."""

from __future__ import annotations

import cv2
import numpy as np

from hemlets_ros.results.drawing import draw_skeleton

_ELEVATION, _AZIMUTH = np.radians([12, -60])
_REACH_M = 1.05  # half of the cube's side around the pelvis
_TICKS_M = (-1.0, -0.5, 0.0, 0.5, 1.0)  # grid lines of the walls
_WALL_BGR, _GRID_BGR, _TEXT_BGR = (250, 250, 250), (222, 222, 222), (40, 40, 40)
_EDGE_BGR = (90, 90, 90)  # outline, because the yellow of the middle is hard to see on white
_FONT = cv2.FONT_HERSHEY_SIMPLEX
TITLE_PX = 24
_TITLE_SIZE, _SCALE_SIZE = 0.45, 0.28  # font scales

#: Plot axes (x right, y away from the camera, z up) -> right and down in the image.
_VIEW = np.array([[-np.sin(_AZIMUTH), np.cos(_AZIMUTH), 0],
                  [np.sin(_ELEVATION) * np.cos(_AZIMUTH), np.sin(_ELEVATION) * np.sin(_AZIMUTH),
                   -np.cos(_ELEVATION)]])


class SkeletonPlot:
    """A cube of 2.1 m around the pelvis with grid lines every half metre, into which skeletons are drawn."""

    def __init__(self, size_px: int, title: str = '', scale: bool = False) -> None:
        """scale: writes the scale in metres."""
        self._size_px = size_px
        # Scaled so that the whole cube is visible below the title.
        self._scale = (size_px - TITLE_PX) / (2 * _REACH_M * np.abs(_VIEW).sum(axis=1).max())
        self._centre = np.array([size_px, size_px + TITLE_PX]) / 2
        self._empty = np.full((size_px, size_px, 3), 255, np.uint8)
        # The walls on the far side: left, behind, below.
        for axis, side in ((0, -1), (1, 1), (2, -1)):
            self._draw_wall(axis, side * _REACH_M)
        if scale:
            self._write_scale()
        write_title(self._empty, title)

    def draw(self, root_relative_mm: np.ndarray, opacities: np.ndarray | None = None) -> np.ndarray:
        """A plot (size, size, 3) uint8 BGR of joints (18, 3), mm, camera axes, pelvis at the origin.

        opacities: (18,), 0..1; None: 1.
        """
        canvas = self._empty.copy()
        places_px = self.places_px(root_relative_mm)
        opaque = np.ones(len(places_px)) if opacities is None else (opacities == 1).astype(float)
        draw_skeleton(canvas, places_px, 4, colour_bgr=_EDGE_BGR, opacities=opaque)
        draw_skeleton(canvas, places_px, 2, opacities=opacities)
        return canvas

    def places_px(self, root_relative_mm: np.ndarray) -> np.ndarray:
        """Positions (n, 2) px in the image of joints (n, 3), mm, camera axes, pelvis at the origin."""
        return self._project(root_relative_mm[:, [0, 2, 1]] / 1000 * [1, 1, -1])

    def _project(self, points_m: np.ndarray) -> np.ndarray:
        """Projects points in plot axes, metres, to (n, 2) px."""
        places: np.ndarray = self._centre + self._scale * (points_m @ _VIEW.T)
        return places

    def _draw_wall(self, axis: int, at_m: float) -> None:
        one, other = (each for each in range(3) if each != axis)
        corners = np.full((4, 3), at_m)
        corners[:, one], corners[:, other] = np.array([[-1, 1, 1, -1], [-1, -1, 1, 1]]) * _REACH_M
        cv2.fillConvexPoly(self._empty, np.round(self._project(corners)).astype(np.int32), _WALL_BGR)
        for place_m in _TICKS_M:
            for fixed, along in ((one, other), (other, one)):
                ends = np.full((2, 3), at_m)
                ends[:, fixed], ends[:, along] = place_m, (-_REACH_M, _REACH_M)
                start, end = np.round(self._project(ends)).astype(int).tolist()
                cv2.line(self._empty, start, end, _GRID_BGR, 1, cv2.LINE_AA)


    def _write_scale(self) -> None:
        """Writes the scale in metres: to the person's right, away from the camera, and up."""
        for name, axis, edge_m, shift_px in (('right', 0, (0, -1, -1), (-6, 14)),
                                             ('away', 1, (1, 0, -1), (-4, 4)),
                                             ('up', 2, (1, 1, 0), (-4, 4))):
            for tick_m in _TICKS_M:
                point = np.array(edge_m, float) * _REACH_M
                point[axis] = tick_m
                text = f'{tick_m:g}' if tick_m else f'{name} 0 m'
                x_px, y_px = np.round(self._project(point[None])[0] + shift_px).astype(int).tolist()
                if axis:  # at the right edge, where the text must end
                    x_px -= cv2.getTextSize(text, _FONT, _SCALE_SIZE, 1)[0][0]
                cv2.putText(self._empty, text, (x_px, y_px), _FONT, _SCALE_SIZE, _TEXT_BGR, 1, cv2.LINE_AA)


def write_title(canvas: np.ndarray, title: str) -> None:
    """Writes a centred line at the upper edge of an image, in place."""
    (width, _), _ = cv2.getTextSize(title, _FONT, _TITLE_SIZE, 1)
    size = _TITLE_SIZE * min(1.0, canvas.shape[1] / max(width, 1))
    (width, _), _ = cv2.getTextSize(title, _FONT, size, 1)
    cv2.putText(canvas, title, (max((canvas.shape[1] - width) // 2, 0), TITLE_PX - 8), _FONT, size,
                _TEXT_BGR, 1, cv2.LINE_AA)
