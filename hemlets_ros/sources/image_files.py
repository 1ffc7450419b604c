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
_NAMED = 5  # maximum number of skipped files named in a warning


class ImagesSource:
    """The images of a folder, or a single image. Images that cannot be decoded are skipped with a warning.

    Other files in the folder are skipped with a warning, except hidden files.

    Args:
        rate_hz: the images are frames of a video at this rate; 0: independent photos.

    Raises SourceError if there are no images.
    """

    live = False

    def __init__(self, path: Path, rate_hz: float = 0.0) -> None:
        self.photos = path.is_file() or not rate_hz
        self.rate_hz = rate_hz or 1.0  # a video of photos shows one per second
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
    """The images and the other entries of a folder, without hidden files."""
    images, others = [], []
    for each in sorted(folder.iterdir(), key=_natural_order):
        if each.suffix.lower() in IMAGE_SUFFIXES and each.is_file():
            images.append(each)
        elif not each.name.startswith('.'):
            others.append(each)
    return images, others


def _named(paths: list[Path]) -> str:
    """Text for a warning, e.g. 'a.txt, b.mp4, c/ and 3 more'."""
    shown = [f'{path.name}/' if path.is_dir() else path.name for path in paths[:_NAMED]]
    more = len(paths) - len(shown)
    return ', '.join(shown) + (f' and {more} more' if more else '')


def _natural_order(path: Path) -> list[tuple[int, int | str]]:
    """Sort key for natural order: frame2 before frame10."""
    return [(0, int(part)) if part.isdecimal() else (1, part)
            for part in re.split(r'(\d+)', path.name.lower())]
