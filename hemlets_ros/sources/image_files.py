"""An image file, or a folder of image files in natural order of their names."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

from hemlets_ros.errors import InputError, SourceError
from hemlets_ros.sources.image_bytes import read_image
from hemlets_ros.sources.source import SourceImage

IMAGE_SUFFIXES = frozenset({'.bmp', '.jpeg', '.jpg', '.png', '.tif', '.tiff', '.webp'})
_LOGGER = logging.getLogger(__name__)
_NAMED = 5  # of what is left out; the others are counted


class ImagesSource:
    """The images of a folder, or a single one; those that cannot be decoded are skipped with a warning.

    What else is in the folder is left out with a warning, but for hidden files.

    Args:
        rate_hz: the images are frames of a film at this rate; 0: photos, each for itself.

    Raises SourceError where there is none.
    """

    live = False

    def __init__(self, path: Path, rate_hz: float = 0.0) -> None:
        self.photos = path.is_file() or not rate_hz
        self.rate_hz = rate_hz or 1.0  # of photos, one a second where a video is made of them
        self._paths, others = ([path], []) if path.is_file() else _images_of(path)
        self.count = len(self._paths)
        if not self._paths:
            raise SourceError(f'no images in {path} ({", ".join(sorted(IMAGE_SUFFIXES))})'
                              + (f', only {_named(others)}' if others else ''))
        if others:
            _LOGGER.warning('%s: skipped, not images: %s', path, _named(others))
        if path.is_file():
            try:
                read_image(path)
            except InputError as error:
                raise SourceError(f'{path}: {error}') from error

    def __iter__(self) -> Iterator[SourceImage]:
        for index, path in enumerate(self._paths):
            try:
                image = read_image(path)
            except InputError as error:
                _LOGGER.warning('%s skipped: %s', path, error)
                continue
            yield SourceImage(image, index / self.rate_hz, path.name, is_file=True, is_photo=self.photos)


def _images_of(folder: Path) -> tuple[list[Path], list[Path]]:
    """The images of a folder, and what else is there; hidden files are of neither."""
    images, others = [], []
    for each in sorted(folder.iterdir(), key=_natural_order):
        if each.suffix.lower() in IMAGE_SUFFIXES and each.is_file():
            images.append(each)
        elif not each.name.startswith('.'):
            others.append(each)
    return images, others


def _named(paths: list[Path]) -> str:
    """'a.txt, b.mp4, c/ and 3 more'."""
    shown = [f'{path.name}/' if path.is_dir() else path.name for path in paths[:_NAMED]]
    more = len(paths) - len(shown)
    return ', '.join(shown) + (f' and {more} more' if more else '')


def _natural_order(path: Path) -> list[tuple[int, int | str]]:
    """Sort key: frame2 before frame10."""
    return [(0, int(part)) if part.isdecimal() else (1, part)
            for part in re.split(r'(\d+)', path.name.lower())]
