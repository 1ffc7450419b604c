"""Skeletons in 3D, seen from the camera's right and a little above."""

from __future__ import annotations

import cv2
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D, proj3d

from hemlets_ros.palette import SIDE_RGB, bgr
from hemlets_ros.skeleton import BONES, bone_side

_DPI = 100
_VIEW = {'elev': 12, 'azim': -60}
_REACH_M = 1.05  # half of the cube that is shown around the pelvis
_SHIFT = 4  # sub-pixel bits of OpenCV's drawing


def style_axes(axes: Axes3D) -> None:
    """The empty plot: a cube around the pelvis."""
    axes.set(xlim=(-_REACH_M, _REACH_M), ylim=(-_REACH_M, _REACH_M), zlim=(-_REACH_M, _REACH_M),
             box_aspect=(1, 1, 1), xticklabels=[], yticklabels=[], zticklabels=[])
    axes.view_init(**_VIEW)


def plot_skeleton(axes: Axes3D, root_relative_mm: np.ndarray) -> None:
    """Draws joints (18, 3), mm, axes of the camera frame, pelvis at the origin."""
    points = _plot_points(root_relative_mm)
    for bone in BONES:
        axes.plot(*points[bone].T, color=SIDE_RGB[bone_side(bone)], linewidth=2)
    style_axes(axes)


class SkeletonPlot:
    """The same plot for videos: matplotlib draws the axes once, OpenCV each skeleton into them."""

    def __init__(self, size_px: int, title: str) -> None:
        figure = Figure(figsize=(size_px / _DPI, size_px / _DPI), dpi=_DPI)
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 0.94), projection='3d')
        style_axes(axes)
        axes.set_box_aspect((1, 1, 1), zoom=1.2)
        figure.suptitle(title, y=0.99, fontsize=11)
        canvas.draw()
        self._empty = as_bgr(canvas)
        self._matrix, self._to_px = axes.get_proj(), axes.transData.frozen()

    def draw(self, root_relative_mm: np.ndarray) -> np.ndarray:
        """(size, size, 3) uint8 BGR with joints (18, 3), mm, camera axes, pelvis at the origin."""
        canvas = self._empty.copy()
        points = self.places_px(root_relative_mm)
        ends = np.round(np.clip(points, -4000, 4000) * 2 ** _SHIFT).astype(int).tolist()
        for child, parent in BONES:
            colour = bgr(SIDE_RGB[bone_side((child, parent))])
            cv2.line(canvas, ends[child], ends[parent], colour, 2, cv2.LINE_AA, _SHIFT)
        return canvas

    def places_px(self, root_relative_mm: np.ndarray) -> np.ndarray:
        """Where in the picture joints (n, 3) are drawn, (n, 2)."""
        x, y, _ = proj3d.proj_transform(*_plot_points(root_relative_mm).T, self._matrix)
        right, up = self._to_px.transform(np.column_stack([x, y])).T
        return np.column_stack([right, len(self._empty) - up])


def as_bgr(canvas: FigureCanvasAgg) -> np.ndarray:
    """(H, W, 3) uint8 BGR of what matplotlib has drawn."""
    return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., 2::-1])


def _plot_points(root_relative_mm: np.ndarray) -> np.ndarray:
    """Plot axes, metres: x right, y away from the camera, z up."""
    return root_relative_mm[:, [0, 2, 1]] / 1000 * [1, 1, -1]
