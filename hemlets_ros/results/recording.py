"""All files of one recording, opened before the work starts, whole after every frame."""

from __future__ import annotations

from types import TracebackType

import numpy as np

from hemlets_ros.people import Frame
from hemlets_ros.results.course_json import CourseJson
from hemlets_ros.results.skeleton_json import SkeletonJson


class Recording:
    """Writes every frame to each output that has a path. Raises OutputError where one cannot be written."""

    def __init__(self, json: str = '', course_json: str = '', overlay: str = '', source: str = '',
                 rate_hz: float = 30.0) -> None:
        self.count = 0
        self._json = SkeletonJson(json, source) if json else None
        self._course_json = CourseJson(course_json) if course_json else None
        self._overlay = None
        if overlay:
            # Imported when used: it brings FFmpeg.
            from hemlets_ros.results.overlay import OverlayVideo

            self._overlay = OverlayVideo(overlay, rate_hz)

    def append(self, frame: Frame, image: np.ndarray | None = None) -> None:
        """Adds a frame; the overlay needs its image, (H, W, 3) uint8 BGR."""
        if self._json is not None:
            self._json.append(frame)
        if self._course_json is not None:
            self._course_json.append(frame)
        if self._overlay is not None and image is not None:
            from hemlets_ros.results.overlay import draw_frame

            self._overlay.append(draw_frame(image, frame))
        self.count += 1

    def close(self) -> None:
        for output in (self._json, self._course_json, self._overlay):
            if output is not None:
                output.close()

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()
