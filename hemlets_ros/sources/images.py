"""An image file, or a folder of them in the order of their names."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from hemlets_ros.errors import SourceError
from hemlets_ros.sources import SourceImage

IMAGE_SUFFIXES = frozenset({'.bmp', '.jpeg', '.jpg', '.png', '.tif', '.tiff', '.webp'})
_LOGGER = logging.getLogger(__name__)


class ImagesSource:

    live = False

    def __init__(self, path: Path, rate_hz: float = 30.0) -> None:
        self.rate_hz = rate_hz
        self._paths = [path] if path.is_file() else sorted(
            (each for each in path.iterdir() if each.suffix.lower() in IMAGE_SUFFIXES),
            key=_natural_order)
        self.count = len(self._paths)
        if not self._paths:
            raise SourceError(f'no images in {path} ({", ".join(sorted(IMAGE_SUFFIXES))})')
        if path.is_file() and _read(path) is None:
            raise SourceError(f'{path} cannot be read as an image')

    def __iter__(self) -> Iterator[SourceImage]:
        for index, path in enumerate(self._paths):
            image = _read(path)
            if image is None:
                _LOGGER.warning('%s left out: it cannot be read as an image', path)
                continue
            yield SourceImage(image, index / self.rate_hz, path.name)


def _read(path: Path) -> np.ndarray | None:
    # imread fails on names that the locale cannot encode; imdecode sees only bytes.
    data = np.fromfile(path, np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None


def _natural_order(path: Path) -> list[tuple[int, int | str]]:
    """frame2 before frame10."""
    return [(0, int(part)) if part.isdecimal() else (1, part)
            for part in re.split(r'(\d+)', path.name.lower())]
