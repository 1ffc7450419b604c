"""A USB or network camera, which is reopened with increasing delays if it stops."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator

import cv2

from hemlets_ros.errors import SourceError
from hemlets_ros.sources.quiet_opencv import quiet_opencv
from hemlets_ros.sources.source import SourceImage

_LOGGER = logging.getLogger(__name__)
_NOMINAL_RATE_HZ = 30.0


def open_capture(address: int | str) -> cv2.VideoCapture:
    """OpenCV's capture of a camera, by its number or an rtsp:// or http:// address."""
    with quiet_opencv():  # otherwise each OpenCV backend reports a missing camera
        return cv2.VideoCapture(address)


class CameraSource:
    """The images of a camera, until `stop` is called.

    Args:
        address: the camera's number, or an rtsp:// or http:// address.
        reconnect_s: maximum wait between two attempts to reopen a camera that stopped.
        first_wait_s: wait before the first attempt; each further wait is twice as long.
        open_capture: function that opens the camera.
        stopped: event that ends the iteration; None: a new event, set by `stop`.

        Raises SourceError if the camera cannot be opened.
    """

    live = True
    photos = False
    count = None

    def __init__(
        self, address: int | str, reconnect_s: float = 10.0, first_wait_s: float = 0.1,
        open_capture: Callable[[int | str], cv2.VideoCapture] = open_capture,
        stopped: threading.Event | None = None,
    ) -> None:
        self._address, self._open_capture = address, open_capture
        self._first_wait_s, self._reconnect_s = first_wait_s, reconnect_s
        self._stopped = stopped or threading.Event()
        self._capture = open_capture(address)
        if not self._capture.isOpened():
            raise SourceError(f'camera {address} cannot be opened: is it connected, and not in use?')
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # keeps only the newest image, no queue of old ones
        rate_hz = self._capture.get(cv2.CAP_PROP_FPS)
        self.rate_hz = rate_hz if 0 < rate_hz < 1000 else _NOMINAL_RATE_HZ

    def stop(self) -> None:
        """Ends the iteration, even while the camera is disconnected."""
        self._stopped.set()

    def __iter__(self) -> Iterator[SourceImage]:
        start_s, index, wait_s = time.monotonic(), 0, self._first_wait_s
        try:
            while not self._stopped.is_set():
                readable, image = self._capture.read()
                if readable:
                    yield SourceImage(image, time.monotonic() - start_s, str(index))
                    index, wait_s = index + 1, self._first_wait_s
                    continue
                _LOGGER.warning('camera %s: no image received; reopening it in %.1f s', self._address, wait_s)
                self._capture.release()
                if self._stopped.wait(wait_s):
                    break
                wait_s = min(2 * wait_s, self._reconnect_s)
                self._capture = self._open_capture(self._address)
        finally:
            self._capture.release()
