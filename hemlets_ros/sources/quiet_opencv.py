"""OpenCV's own messages on standard error, where this package tells what is wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import cv2

_SILENT = 0  # of OpenCV's log levels


@contextmanager
def quiet_opencv() -> Iterator[None]:
    """OpenCV says nothing inside, unless the user has set OPENCV_LOG_LEVEL."""
    opencvs = getattr(cv2.utils, 'logging', cv2)  # in cv2 itself up to OpenCV 4.6, Ubuntu 24.04's
    level = opencvs.getLogLevel()
    if 'OPENCV_LOG_LEVEL' not in os.environ:
        opencvs.setLogLevel(_SILENT)
    try:
        yield
    finally:
        opencvs.setLogLevel(level)
