"""A live window with images and skeletons (OpenCV)."""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from contextlib import suppress

import cv2
import numpy as np

from hemlets_ros.errors import OutputError
from hemlets_ros.people import Frame
from hemlets_ros.results.labels import draw_labels
from hemlets_ros.results.overlay import draw_frame

_QUIT = {ord('q'), 27}  # q, Esc
_MOST_PX = (1600, 900)  # maximum initial size of the window
_RATE_OF = 20  # number of frames over which the frame rate is measured
_POLL_MS = 50  # interval of key checks while a photo is shown


class LiveWindow:
    """Shows each frame at once. The constructor raises OutputError if no window can be opened."""

    def __init__(self, title: str) -> None:
        self._title, self._times = title, deque[float](maxlen=_RATE_OF)
        self._open = False
        if sys.platform == 'linux' and not (os.environ.get('DISPLAY') or os.environ.get('WAYLAND_DISPLAY')):
            # Checked first, because OpenCV's Qt ends the process without a display.
            raise OutputError('--show needs a display, and there is none here: use --overlay FILE.mp4')
        try:
            cv2.namedWindow(title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO)
        except cv2.error as error:
            raise OutputError('--show: this OpenCV cannot open windows (opencv-python-headless?): use '
                              '--overlay FILE.mp4') from error

    def show(self, frame: Frame, image: np.ndarray, unseen_joints: str = 'faint',
             wait: bool = False) -> bool:
        """Shows a frame and its (H, W, 3) uint8 BGR image. Returns False if the user stops (q, Esc, closed).

        wait: wait until a key is pressed, for photos.
        """
        if not self._open:
            height, width = image.shape[:2]
            scale = min(1.0, _MOST_PX[0] / width, _MOST_PX[1] / height)
            cv2.resizeWindow(self._title, round(scale * width), round(scale * height))
            self._open = True
        cv2.imshow(self._title, self.picture(frame, image, unseen_joints))
        while True:
            key = cv2.waitKey(_POLL_MS if wait else 1)
            if key & 0xFF in _QUIT or cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) < 1:
                return False
            if key >= 0 or not wait:
                return True

    def picture(self, frame: Frame, image: np.ndarray, unseen_joints: str = 'faint') -> np.ndarray:
        """The shown image (H, W, 3) uint8 BGR, with skeletons, ids, distances, and frames per second."""
        self._times.append(time.monotonic())
        drawn = draw_frame(image, frame, unseen_joints)
        text = frame.image_name
        if len(self._times) > 1 and not text:
            text = f'{(len(self._times) - 1) / max(self._times[-1] - self._times[0], 1e-6):.1f} fps'
        if text:
            draw_labels(drawn, [(text, np.zeros(4))])
        return drawn

    def close(self) -> None:
        """Closes the window, unless the user has closed it."""
        with suppress(cv2.error):  # raised for a closed window
            cv2.destroyWindow(self._title)
