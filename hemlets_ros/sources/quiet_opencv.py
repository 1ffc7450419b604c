"""Silences OpenCV's messages on standard error where this package reports errors itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import cv2

_SILENT = 0  # OpenCV's log level


@contextmanager
def quiet_opencv() -> Iterator[None]:
    """Silences OpenCV in this context, unless the user has set OPENCV_LOG_LEVEL."""
    opencvs = getattr(cv2.utils, 'logging', cv2)  # up to OpenCV 4.6 (Ubuntu 24.04) it is in cv2 itself
    level = opencvs.getLogLevel()
    if 'OPENCV_LOG_LEVEL' not in os.environ:
        opencvs.setLogLevel(_SILENT)
    try:
        yield
    finally:
        opencvs.setLogLevel(level)
