"""Backgrounds: photographs, generated rooms and open ground."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.synthetic import materials
from hemlets_ros.lab.synthetic.renderer import Camera

_SURFACES = 48  # generated textures per data set
_SURFACE_PX = 256
_PHOTO_SHARE, _MANY_PHOTOS = 0.7, 12  # maximum share, reached with this many photographs
_SUFFIXES = ('.jpg', '.jpeg', '.png')


class Backgrounds:
    """Random background images (size, size, 3) uint8 BGR."""

    def __init__(self, folder: str | Path | None, seed: int) -> None:
        """Raises SourceError if `folder` is given and holds no images."""
        self._seed = seed
        self._photos = sorted(path for path in Path(folder).rglob('*')
                              if path.suffix.lower() in _SUFFIXES) if folder else []
        if folder and not self._photos:
            raise SourceError(f'no .jpg or .png in {folder}')

    def draw(self, camera: Camera, size_px: int, brightness: float, rng: np.random.Generator) -> np.ndarray:
        """Background of `size_px`: part of a photograph, a backdrop, or a room as the camera sees it."""
        if self._photos and rng.random() < _PHOTO_SHARE * min(1.0, len(self._photos) / _MANY_PHOTOS):
            return self._photo(size_px, rng)
        if rng.random() < 0.2:
            return self._flat(size_px, rng)
        return self._room(camera, size_px, brightness, rng)

    def _photo(self, size_px: int, rng: np.random.Generator) -> np.ndarray:
        photo = _read(self._photos[rng.integers(len(self._photos))])
        side = int(min(photo.shape[:2]) * rng.uniform(0.35, 1))
        top, left = (int(rng.integers(0, length - side + 1)) for length in photo.shape[:2])
        part = photo[top:top + side, left:left + side]
        part = part[:, ::-1] if rng.random() < 0.5 else part
        return cv2.resize(np.ascontiguousarray(part), (size_px, size_px),
                          interpolation=cv2.INTER_AREA if side > size_px else cv2.INTER_LINEAR)

    def _flat(self, size_px: int, rng: np.random.Generator) -> np.ndarray:
        """A backdrop: a colour gradient or blurred blobs."""
        first, second = materials.random_bgr(rng), materials.random_bgr(rng)
        mix = materials.noise(size_px, size_px, rng, int(rng.integers(0, 4)), 3)
        return (255 * (first + mix[..., None] * (second - first))).astype(np.uint8)

    def _room(self, camera: Camera, size_px: int, brightness: float, rng: np.random.Generator) -> np.ndarray:
        """Floor and four walls, or floor and sky, in the camera's perspective."""
        v, u = np.mgrid[:size_px, :size_px].astype(np.float32)
        k = camera.intrinsics_px.astype(np.float32)
        rays = [(u - k[0, 2]) / k[0, 0], (v - k[1, 2]) / k[1, 1]]
        spin = rng.uniform(0, np.pi / 2)
        room_axes = np.array([[np.cos(spin), np.sin(spin), 0], [-np.sin(spin), np.cos(spin), 0], [0, 0, 1]])
        to_room = (room_axes @ camera.rotation.T).astype(np.float32)
        rays = [row[0] * rays[0] + row[1] * rays[1] + row[2] for row in to_room]
        eye = (room_axes @ camera.eye).astype(np.float32)
        outside = rng.random() < 0.4
        reach = rng.uniform(8, 30) if outside else rng.uniform(1.5, 5)
        # The camera is inside the room.
        low = np.array([min(-reach, eye[0] - 0.6), min(-reach, eye[1] - 0.6), 0], np.float32)
        high = np.array([max(reach, eye[0] + 0.6), max(reach, eye[1] + 0.6),
                         max(rng.uniform(2.4, 4), eye[2] + 0.5)], np.float32)
        # Distance to each pair of walls along the ray of each pixel; the nearest wall is visible.
        away = [np.where(ray > 0, high[i] - eye[i], eye[i] - low[i]) / np.maximum(np.abs(ray), 1e-6)
                for i, ray in enumerate(rays)]
        first = np.minimum(np.minimum(away[0], away[1]), away[2])
        seen_walls = [distance <= first for distance in away]
        picture = np.zeros((size_px, size_px, 3), np.uint8)
        wall = self._surface(rng)
        for which, (a, b) in enumerate(((1, 2), (0, 2), (0, 1))):
            inside = seen_walls[which]
            if not inside.any():
                continue
            surface = self._surface(rng) if which == 2 else wall
            scale = _SURFACE_PX / float(np.exp(rng.uniform(np.log(0.7), np.log(4))))
            # Texture coordinates are wrapped here, because OpenCV's have only 16 bits.
            repeats = [(eye[side] + first * rays[side]) * (scale / _SURFACE_PX) for side in (a, b)]
            maps = [(repeat - np.floor(repeat)) * _SURFACE_PX for repeat in repeats]
            seen = cv2.remap(surface, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
            shade = (0.75, 0.9, 1.0)[which]
            cv2.copyTo(cv2.convertScaleAbs(seen, alpha=shade * brightness), inside.astype(np.uint8), picture)
        up = seen_walls[2] & (rays[2] > 0)
        if outside:
            up = rays[2] > (0 if rng.random() < 0.5 else 0.15)
        picture[up] = self._sky(rays[2][up], outside, rng)
        return picture

    def _sky(self, height: np.ndarray, outside: bool, rng: np.random.Generator) -> np.ndarray:
        low, high = np.array([235, 225, 215.0]), np.array([220, 160, 90.0])
        if not outside or rng.random() < 0.4:
            low = high = np.full(3, rng.uniform(120, 240))
        mix = np.clip(height[:, None] * 1.5, 0, 1)
        return (low + mix * (high - low)).astype(np.uint8)

    def _surface(self, rng: np.random.Generator) -> np.ndarray:
        return _surface(self._seed, int(rng.integers(_SURFACES)))


@lru_cache(maxsize=_SURFACES)
def _surface(seed: int, number: int) -> np.ndarray:
    """A tileable texture like boards, tiles, plaster or grass: (256, 256, 3) uint8."""
    rng = np.random.default_rng([seed, 2, number])
    cloth = materials.pattern(_SURFACE_PX, rng, period=rng.uniform(1, 9))
    if rng.random() < 0.8:  # most surfaces in rooms and streets have low saturation
        cloth = cloth + rng.uniform(0.5, 0.95) * (cloth.mean(axis=2, keepdims=True) - cloth)
    cloth = 0.12 + 0.88 * cloth
    rough = materials.noise(_SURFACE_PX, _SURFACE_PX, rng, int(rng.integers(2, 5)), 4, 0.7)
    surface = cloth * (1 + rng.uniform(0.05, 0.6) * (rough[..., None] - 0.5))
    if rng.random() < 0.3:  # joints between tiles or boards
        count, line = int(rng.integers(1, 5)), rng.uniform(0.4, 1.2)
        place = np.mod(np.arange(_SURFACE_PX) * count / _SURFACE_PX, 1) * _SURFACE_PX < 4
        surface[place] *= line
        surface[:, place] *= line
    return np.clip(255 * surface, 0, 255).astype(np.uint8)


@lru_cache(maxsize=200)
def _read(path: Path) -> np.ndarray:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise SourceError(f'{path} is not an image')
    shrink = 700 / min(image.shape[:2])
    if shrink < 1:
        image = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    return image
