"""Skeletons drawn on the image they came from, and videos of that."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from hemlets_ros.errors import OutputError
from hemlets_ros.palette import TEXT_RGB, WARNING_RGB, bgr
from hemlets_ros.people import Box, Frame, Person
from hemlets_ros.results.drawing import draw_skeleton
from hemlets_ros.skeleton import ROOT

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_REACH_PX = 8000  # OpenCV's drawing overflows far outside the image


def draw_frame(image: np.ndarray, frame: Frame) -> np.ndarray:
    """A copy of the (H, W, 3) uint8 BGR image with boxes, skeletons, ids and distances.

    Where the weights are untrained, a banner says so.
    """
    canvas = draw_people(image, frame.people)
    if frame.weights.warning:
        draw_banner(canvas, frame.weights.warning)
    return canvas


def draw_people(image: np.ndarray, people: list[Person]) -> np.ndarray:
    """A copy of the (H, W, 3) uint8 BGR image with boxes, skeletons, ids and distances."""
    canvas = image.copy()
    for person in people:
        _draw_person(canvas, person, _unit(image))
    return canvas


def draw_boxes(image: np.ndarray, boxes: list[Box]) -> np.ndarray:
    """A copy of the (H, W, 3) uint8 BGR image with boxes and ids."""
    canvas = image.copy()
    for box in boxes:
        _draw_box(canvas, box.xyxy_px, str(box.track_id), _unit(image))
    return canvas


def _unit(image: np.ndarray) -> int:
    """Thickness of a fine line."""
    return max(1, round(min(image.shape[:2]) / 540))


def _draw_person(canvas: np.ndarray, person: Person, unit: int) -> None:
    _, top, _, bottom = person.box_px
    thick = int(np.clip((bottom - top) / 100, 1, 4 * unit))  # small people get fine lines
    draw_skeleton(canvas, person.joints_px, thick, thick + 1)
    _draw_box(canvas, person.box_px, f'{person.id}: {person.joints_mm[ROOT, 2] / 1000:.1f} m', unit)


def _draw_box(canvas: np.ndarray, box_px: np.ndarray, label: str, unit: int) -> None:
    left, top, right, bottom = np.round(np.clip(box_px, -_REACH_PX, _REACH_PX)).astype(int).tolist()
    cv2.rectangle(canvas, (left, top), (right, bottom), bgr(TEXT_RGB), max(1, unit // 2))
    place = (max(left, 0), max(top - 3 * unit, 14 * unit))
    cv2.putText(canvas, label, place, _FONT, 0.5 * unit, (0, 0, 0), 3 * unit, cv2.LINE_AA)
    cv2.putText(canvas, label, place, _FONT, 0.5 * unit, bgr(TEXT_RGB), unit, cv2.LINE_AA)


def draw_banner(canvas: np.ndarray, text: str) -> None:
    """Writes a warning over the bottom of an image."""
    unit = _unit(canvas)
    scale = 0.6 * unit
    (width, _), _ = cv2.getTextSize(text, _FONT, scale, unit)
    scale *= min(1.0, 0.96 * canvas.shape[1] / width)
    (_, height), _ = cv2.getTextSize(text, _FONT, scale, unit)
    # At the bottom, where it hides the least of a person.
    canvas[-2 * height:] = bgr(WARNING_RGB)
    place = (round(0.02 * canvas.shape[1]), canvas.shape[0] - height // 2)
    cv2.putText(canvas, text, place, _FONT, scale, bgr(TEXT_RGB), unit, cv2.LINE_AA)


class OverlayVideo:
    """An H.264 .mp4 of drawn frames. Raises OutputError at once where it cannot be written."""

    def __init__(self, path: str | Path, rate_hz: float) -> None:
        try:
            Path(path).write_bytes(b'')  # av creates the file only with the first frame
            self._container = av.open(str(path), 'w', format='mp4')
        except (OSError, av.FFmpegError) as error:
            raise OutputError(f'cannot write {path}: {error.strerror or error}') from error
        self._rate = Fraction(rate_hz).limit_denominator(1001)
        self._stream: av.VideoStream | None = None

    def append(self, image: np.ndarray) -> None:
        """Adds a (H, W, 3) uint8 BGR image; all must be of the first one's size."""
        height, width = (size // 2 * 2 for size in image.shape[:2])  # H.264 wants even sizes
        if self._stream is None:
            self._stream = self._container.add_stream('libx264', rate=self._rate)
            self._stream.width, self._stream.height = width, height
            self._stream.pix_fmt = 'yuv420p'
        if (width, height) != (self._stream.width, self._stream.height):
            image = cv2.resize(image, (self._stream.width, self._stream.height))
        picture = av.VideoFrame.from_ndarray(
            np.ascontiguousarray(image[:self._stream.height, :self._stream.width]), format='bgr24')
        self._container.mux(self._stream.encode(picture))

    def close(self) -> None:
        if self._stream is not None:
            self._container.mux(self._stream.encode(None))
        self._container.close()
