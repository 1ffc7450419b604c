"""A video file, every frame once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import cv2

from hemlets_ros.errors import SourceError
from hemlets_ros.sources import SourceImage

_LOGGER = logging.getLogger(__name__)
_FALLBACK_RATE_HZ = 30.0


class VideoSource:

    live = False

    def __init__(self, path: Path) -> None:
        self._path = path
        capture = self._open()
        rate_hz = capture.get(cv2.CAP_PROP_FPS)
        self.rate_hz = rate_hz if 0 < rate_hz < 1000 else _FALLBACK_RATE_HZ
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self.count = count if count > 0 else None
        readable, _ = capture.read()
        capture.release()
        if not readable:
            raise SourceError(f'{path} has no frame that can be decoded: is it whole, and a video?')

    def __iter__(self) -> Iterator[SourceImage]:
        capture = self._open()
        index, stamp_s = 0, 0.0
        try:
            while True:
                readable, image = capture.read()
                if not readable:
                    break
                # Containers with a variable frame rate say when; some say nothing, or zero for ever.
                said_s = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
                if index:
                    stamp_s = said_s if said_s > stamp_s else stamp_s + 1 / self.rate_hz
                yield SourceImage(image, stamp_s, str(index))
                index += 1
        finally:
            capture.release()
        if self.count is not None and index < self.count:
            _LOGGER.warning('%s ended after %d of %d frames: it is cut off or damaged',
                            self._path, index, self.count)

    def _open(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(str(self._path))
        if not capture.isOpened():
            raise SourceError(f'{self._path} cannot be opened as a video: is it whole, and a video?')
        return capture
