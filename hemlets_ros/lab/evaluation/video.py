"""A video of an evaluation: image, ground truth and prediction side by side, above plots of the errors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from hemlets_ros.errors import InputError
from hemlets_ros.results.overlay import draw_banner
from hemlets_ros.results.overlay_video import OverlayVideo
from hemlets_ros.results.palette import SIDE_RGB, bgr
from hemlets_ros.results.skeleton_plot import SkeletonPlot
from hemlets_ros.skeleton import ROOT

PANEL_PX = 360
CURVES_HEIGHT_PX = 300
_DPI = 100
_SHIFT = 4  # fractional bits of OpenCV's drawing coordinates
_COLOURS = (SIDE_RGB['left'], SIDE_RGB['right'])


class RunningCurves:
    """Plots errors per sample as dots, and their running mean as a line.

    Args:
        errors: name -> (N,) mm, one or two entries; N is the width of the plot.
    """

    def __init__(self, errors: Mapping[str, np.ndarray], width_px: int, height_px: int) -> None:
        self._errors = dict(errors)
        self._means = {name: running_mean(values) for name, values in self._errors.items()}
        count = len(next(iter(self._errors.values())))
        # The axis is limited, so that a few large errors do not flatten the curves.
        top = 1.1 * max(max(self._means[name].max(), np.percentile(values, 95))
                        for name, values in self._errors.items())
        figure = Figure(figsize=(width_px / _DPI, height_px / _DPI), dpi=_DPI)
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_axes((0.06, 0.17, 0.92, 0.68))
        axes.set(xlim=(0.5, count + 0.5), ylim=(0, max(top, 1e-3)), xlabel='sample', ylabel='mm')
        axes.grid(alpha=0.3)
        canvas.draw()
        self._canvas = np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., 2::-1])
        self._to_px = axes.transData.frozen()
        self._at = 0

    def advance(self) -> np.ndarray:
        """Adds the next sample; returns the plot (H, W, 3) uint8 BGR."""
        for (name, means), rgb in zip(self._means.items(), _COLOURS, strict=False):
            dot, = self.places_px([self._at], self._errors[name][[self._at]])
            cv2.circle(self._canvas, dot, 2 << _SHIFT, _pale(rgb), -1, cv2.LINE_AA, _SHIFT)
            steps = [max(self._at - 1, 0), self._at]
            start, end = self.places_px(steps, means[steps])
            cv2.line(self._canvas, start, end, bgr(rgb), 2, cv2.LINE_AA, _SHIFT)
        canvas = self._canvas.copy()
        for number, (name, rgb) in enumerate(zip(self._errors, _COLOURS, strict=False)):
            text = f'{name}: {self._errors[name][self._at]:.1f} mm, mean {self._means[name][self._at]:.1f} mm'
            cv2.putText(canvas, text, (round(0.06 * canvas.shape[1]) + number * canvas.shape[1] // 2, 28),
                        cv2.FONT_HERSHEY_SIMPLEX, 0.6, bgr(rgb), 2, cv2.LINE_AA)
        self._at += 1
        return canvas

    def places_px(self, numbers: list[int], values_mm: np.ndarray) -> list[list[int]]:
        """Positions of samples in the plot, in 1/16 px; too large values are drawn at the upper edge."""
        points = self._to_px.transform(np.column_stack([np.add(numbers, 1), values_mm]))
        top = self._to_px.transform((0, 0))[1] + 0.68 * len(self._canvas)
        points[:, 1] = len(self._canvas) - np.minimum(points[:, 1], top)
        return np.round(points * 2 ** _SHIFT).astype(int).tolist()


class ComparisonVideo:
    """Writes the video with one frame per sample, in the order of `errors`.

    Args:
        errors: name -> (N,) mm of all samples.
        warning: text on each frame; empty: none.

    Raises InputError if there are no samples, OutputError if the file cannot be written.
    """

    def __init__(self, path: str | Path, errors: Mapping[str, np.ndarray], rate_hz: float,
                 warning: str = '') -> None:
        if not all(len(values) for values in errors.values()):
            raise InputError('nothing to show: no sample has a 3D truth')
        self._video = OverlayVideo(path, rate_hz)
        self._truth, self._predicted = (SkeletonPlot(PANEL_PX, title) for title in ('truth', 'prediction'))
        self._curves = RunningCurves(errors, 3 * PANEL_PX, CURVES_HEIGHT_PX)
        self._warning = warning

    def append(self, image: np.ndarray, truth_mm: np.ndarray, predicted_mm: np.ndarray) -> None:
        """Adds a sample: image (H, W, 3) uint8 BGR, and joints (18, 3) mm, axes of the camera frame."""
        plots = [plot.draw(joints - joints[ROOT]) for plot, joints in
                 ((self._truth, truth_mm), (self._predicted, predicted_mm))]
        frame = np.vstack([np.hstack([_fitted(image), *plots]), self._curves.advance()])
        if self._warning:
            draw_banner(frame, self._warning)
        self._video.append(frame)

    def __enter__(self) -> ComparisonVideo:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._video.close()


def running_mean(values: np.ndarray) -> np.ndarray:
    """Cumulative mean (N,) of values (N,)."""
    return np.cumsum(values) / np.arange(1, len(values) + 1)


def _fitted(image: np.ndarray) -> np.ndarray:
    """The image, scaled to fit its panel."""
    scale = PANEL_PX / max(image.shape[:2])
    height, width = (max(1, round(scale * side)) for side in image.shape[:2])
    panel = np.full((PANEL_PX, PANEL_PX, 3), 255, np.uint8)
    top, left = (PANEL_PX - height) // 2, (PANEL_PX - width) // 2
    panel[top:top + height, left:left + width] = cv2.resize(
        image, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return panel


def _pale(rgb: tuple[float, float, float]) -> tuple[int, int, int]:
    red, green, blue = (0.6 + 0.4 * value for value in rgb)
    return bgr((red, green, blue))
