"""Writes images with drawn skeletons: one file, or a folder with one file per image."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from hemlets_ros.errors import OutputError
from hemlets_ros.system.output_path import write_bytes

_ENDING = '_skeletons.png'  # ending of file names, as the photos may be in the same folder


def picture_name(image_name: str, ending: str = _ENDING) -> str:
    """File name of the output for an image file or an image number."""
    return f'{image_name.zfill(6) if image_name.isdecimal() else Path(image_name).stem}{ending}'


def write_picture(path: str | Path, image: np.ndarray) -> None:
    """Writes a (H, W, 3) uint8 BGR image as .png or .jpg, by its suffix. Raises OutputError."""
    try:
        encoded, data = cv2.imencode(Path(path).suffix, np.ascontiguousarray(image))
    except cv2.error as error:
        raise OutputError(f'cannot write {path}: {error.err}') from error
    if not encoded:
        raise OutputError(f'cannot write {path}: the image cannot be encoded')
    write_bytes(path, data.tobytes())


class OverlayPicture:
    """Writes one file, which shows the last image."""

    def __init__(self, path: str | Path) -> None:
        self._path = path

    def append(self, image: np.ndarray, name: str = '') -> None:
        """Writes a (H, W, 3) uint8 BGR image. Raises OutputError."""
        write_picture(self._path, image)

    def close(self) -> None:
        """Nothing is open."""


class OverlayPictures:
    """Writes NAME_skeletons.png for each image into a folder, which is made if needed. Raises OutputError."""

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        self._names: set[str] = set()
        try:
            self._folder.mkdir(exist_ok=True)
        except OSError as error:
            raise OutputError(f'cannot write {folder}: {error.strerror or error}') from error

    def append(self, image: np.ndarray, name: str = '') -> None:
        """Adds a (H, W, 3) uint8 BGR image; name: name of its file, or its number. Raises OutputError."""
        own = picture_name(name or str(len(self._names)))
        if own in self._names:  # e.g. both a.png and a.jpg exist
            own = f'{name}{_ENDING}'
        self._names.add(own)
        write_picture(self._folder / own, image)

    def close(self) -> None:
        """Nothing is open."""
