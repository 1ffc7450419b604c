"""Pictures with skeletons drawn in: one, or a folder with one per image."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from hemlets_ros.errors import OutputError
from hemlets_ros.system.output_path import write_bytes

_ENDING = '_skeletons.png'  # of names: the photos themselves may be beside


def picture_name(image_name: str, ending: str = _ENDING) -> str:
    """What is called the picture, or another file, of an image file or of the image with that number."""
    return f'{image_name.zfill(6) if image_name.isdecimal() else Path(image_name).stem}{ending}'


def write_picture(path: str | Path, image: np.ndarray) -> None:
    """Writes a (H, W, 3) uint8 BGR image as its suffix says, .png or .jpg. Raises OutputError."""
    try:
        encoded, data = cv2.imencode(Path(path).suffix, np.ascontiguousarray(image))
    except cv2.error as error:
        raise OutputError(f'cannot write {path}: {error.err}') from error
    if not encoded:
        raise OutputError(f'cannot write {path}: the image cannot be encoded')
    write_bytes(path, data.tobytes())


class OverlayPicture:
    """One picture: of the last image."""

    def __init__(self, path: str | Path) -> None:
        self._path = path

    def append(self, image: np.ndarray, name: str = '') -> None:
        """Writes a (H, W, 3) uint8 BGR image. Raises OutputError."""
        write_picture(self._path, image)

    def close(self) -> None:
        """Nothing is open."""


class OverlayPictures:
    """A folder with a picture per image, NAME_skeletons.png; made if it is not there, or OutputError."""

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        self._names: set[str] = set()
        try:
            self._folder.mkdir(exist_ok=True)
        except OSError as error:
            raise OutputError(f'cannot write {folder}: {error.strerror or error}') from error

    def append(self, image: np.ndarray, name: str = '') -> None:
        """Adds a (H, W, 3) uint8 BGR image; name: of its file, or its number. Raises OutputError."""
        own = picture_name(name or str(len(self._names)))
        if own in self._names:  # a.png beside a.jpg
            own = f'{name}{_ENDING}'
        self._names.add(own)
        write_picture(self._folder / own, image)

    def close(self) -> None:
        """Nothing is open."""
