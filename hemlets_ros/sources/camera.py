"""A USB or network camera; one that stops is opened again, waiting longer each time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator

import cv2

from hemlets_ros.errors import SourceError
from hemlets_ros.sources import SourceImage

_LOGGER = logging.getLogger(__name__)
_FIRST_WAIT_S = 0.1
_NOMINAL_RATE_HZ = 30.0


class CameraSource:

    live = True
    count = None

    def __init__(
        self, address: int | str, reconnect_s: float = 10.0,
        open_capture: Callable[[int | str], cv2.VideoCapture] = cv2.VideoCapture,
    ) -> None:
        self._address, self._reconnect_s, self._open_capture = address, reconnect_s, open_capture
        self._stopped = threading.Event()
        self._capture = open_capture(address)
        if not self._capture.isOpened():
            raise SourceError(f'camera {address} cannot be opened: is it there, and not in use?')
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # old images are of no use
        rate_hz = self._capture.get(cv2.CAP_PROP_FPS)
        self.rate_hz = rate_hz if 0 < rate_hz < 1000 else _NOMINAL_RATE_HZ

    def stop(self) -> None:
        """Ends the iteration, even while the camera is away."""
        self._stopped.set()

    def __iter__(self) -> Iterator[SourceImage]:
        start_s, index, wait_s = time.monotonic(), 0, _FIRST_WAIT_S
        try:
            while not self._stopped.is_set():
                readable, image = self._capture.read()
                if readable:
                    yield SourceImage(image, time.monotonic() - start_s, str(index))
                    index, wait_s = index + 1, _FIRST_WAIT_S
                    continue
                _LOGGER.warning('camera %s gives no image; trying again in %.1f s', self._address, wait_s)
                self._capture.release()
                if self._stopped.wait(wait_s):
                    break
                wait_s = min(2 * wait_s, self._reconnect_s)
                self._capture = self._open_capture(self._address)
        finally:
            self._capture.release()
