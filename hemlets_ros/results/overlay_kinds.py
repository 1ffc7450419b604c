"""Output kinds of `--overlay`, by suffix: a video, an image, or a folder of images."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from hemlets_ros.errors import OutputError

VIDEO_SUFFIXES = ('.mp4', '.webm', '.gif')
PICTURE_SUFFIXES = ('.png', '.jpg', '.jpeg')
Kind = Literal['video', 'picture', 'pictures']


def overlay_kind(path: str) -> Kind:
    """Kind of a file name; a folder (no suffix, or a / at the end) gets one file per image.

    Raises OutputError for any other suffix.
    """
    suffix = Path(path).suffix.lower()
    if path.endswith('/') or not suffix or Path(path).is_dir():
        return 'pictures'
    if suffix in VIDEO_SUFFIXES:
        return 'video'
    if suffix in PICTURE_SUFFIXES:
        return 'picture'
    raise OutputError(f'cannot write {path}: an overlay ends in {", ".join(VIDEO_SUFFIXES)} for a video, '
                      f'{", ".join(PICTURE_SUFFIXES)} for a picture, or is a folder for one of each image')


def check_overlay(path: str, source_name: str, photos: bool, count: int | None) -> None:
    """Checks an overlay path for a source; count: number of its images, None: unknown.

    Raises OutputError for one image file for many images, and for a video of photos, which differ in size.
    """
    kind = overlay_kind(path)
    if kind == 'picture' and count != 1:
        raise OutputError(f'cannot write {path}: it is one picture, and {source_name} has '
                          f'{count or "many"} images; give a video ({", ".join(VIDEO_SUFFIXES)}) or a folder')
    if kind == 'video' and photos and count != 1:
        raise OutputError(f'cannot write {path}: {source_name} has photos of their own sizes; give a folder '
                          'for one picture each, or --as-video RATE if they are frames of a video')
