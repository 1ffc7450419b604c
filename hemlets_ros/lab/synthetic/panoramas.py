"""Panoramas as backgrounds, with the light of the same place.

A folder has `equirect/NAME.jpg` (twice as wide as high) and `environments_64x32.npz` with `names` and
`rgb_linear` (n, 32, 64, 3), linear light, row 0 at the top. A direction d, y up, is at
u = 0.5 + atan2(d.x, -d.z) / 2 pi, v = acos(d.y) / pi.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.datasets.safe_npz import open_npz
from hemlets_ros.lab.synthetic.held_out import allowed
from hemlets_ros.lab.synthetic.renderer import Camera, Light

#: Range of the minimum field of view of the background. A narrower one would show few, blurred pixels.
_MIN_FIELD_RAD = (0.8, 1.4)
#: Share of the brightest pixels, which are taken as the sun or a lamp.
_SUN_PIXELS = 0.02
_LIGHT_RANGE = (0.35, 1.1)  # of the mean light on a person; 1 renders a white surface white
_SUN_RANGE = 1.3
_WRAP_PX = 32
_RIMS_SHARE = 2e-4  # share of dark pixels near white ones above which they are an artefact


@dataclass(frozen=True)
class Place:
    """A panorama, rotated about the vertical by turn_rad."""

    picture: np.ndarray  # (H, W, 3) uint8 BGR
    turn_rad: float
    light: Light

    def seen(self, camera: Camera, size_px: int, least_field_rad: float = 0.0) -> np.ndarray:
        """The panorama in a camera's image (size, size, 3) uint8 BGR, with a minimum field of view."""
        step = 4  # directions are computed for every fourth pixel and interpolated
        coarse = np.arange(0, size_px + step, step, dtype=np.float32)
        u, v = np.meshgrid(coarse, coarse)
        k = camera.intrinsics_px
        zoom = max(1.0, least_field_rad / (2 * np.arctan(size_px / 2 / k[0, 0])))
        middle = (size_px - 1) / 2
        rays = np.stack([(middle + zoom * (u - middle) - k[0, 2]) / k[0, 0],
                         (middle + zoom * (v - middle) - k[1, 2]) / k[1, 1], np.ones_like(u)], -1)
        x, y, z = np.moveaxis(rays @ camera.rotation.astype(np.float32), -1, 0)  # world: z up
        cosine, sine = np.float32(np.cos(self.turn_rad)), np.float32(np.sin(self.turn_rad))
        x, y = cosine * x - sine * y, sine * x + cosine * y
        height, width = self.picture.shape[0], self.picture.shape[1] - 2 * _WRAP_PX
        across = np.arctan2(x, y) / (2 * np.pi) + 0.5
        # Removes the jump by a full turn within the view.
        across = across - np.round(across - across[len(coarse) // 2, len(coarse) // 2])
        down = np.arctan2(np.hypot(x, y), z) / np.pi
        full = [cv2.resize(part, None, fx=step, fy=step, interpolation=cv2.INTER_LINEAR)[
            step // 2:step // 2 + size_px, step // 2:step // 2 + size_px]
            for part in (across.astype(np.float32), down.astype(np.float32))]
        columns = np.mod(full[0], 1) * width + (_WRAP_PX - 0.5)
        return cv2.remap(self.picture, columns, full[1] * height - 0.5, cv2.INTER_LINEAR,
                         borderMode=cv2.BORDER_REPLICATE)


class Panoramas:
    """The panoramas of a folder; held_out: only held-out ones, else all others."""

    def __init__(self, folder: str | Path, held_out: bool = False) -> None:
        self._folder = Path(folder)
        path = self._folder / 'environments_64x32.npz'
        with open_npz(path, 'a file of the light of panoramas') as file:
            light = {str(name): linear.astype(np.float32)
                     for name, linear in zip(file['names'], file['rgb_linear'], strict=True)}
        there = [name for name in light if (self._folder / 'equirect' / f'{name}.jpg').is_file()]
        if not there:
            raise SourceError(f'no panoramas (equirect/NAME.jpg) in {folder}')
        self._names = allowed('panoramas', there, held_out)
        self._linear = light
        self._lights: dict[str, PlaceLight] = {}

    def draw(self, rng: np.random.Generator) -> Place:
        """A random panorama in a random direction."""
        name = self._names[rng.integers(len(self._names))]
        picture = _picture(self._folder / 'equirect' / f'{name}.jpg')
        turn_rad = float(rng.uniform(0, 2 * np.pi))
        if name not in self._lights:
            self._lights[name] = light_of(self._linear[name], picture[:, _WRAP_PX:-_WRAP_PX])
        return Place(picture, turn_rad, self._lights[name].turned(turn_rad, rng))

    def behind(self, place: Place, camera: Camera, size_px: int, rng: np.random.Generator) -> np.ndarray:
        """The background of a camera's image; long lenses get a wider field of view than their own."""
        return place.seen(camera, size_px, float(rng.uniform(*_MIN_FIELD_RAD)))


@dataclass(frozen=True)
class PlaceLight:
    """The light of a panorama in the orientation of its file."""

    to_sun: np.ndarray  # (3,) world
    sun: np.ndarray  # (3,)
    sky: np.ndarray  # (4, 3)

    def turned(self, turn_rad: float, rng: np.random.Generator) -> Light:
        """The light after rotating the panorama about the vertical, with random softness of shadows."""
        cosine, sine = np.cos(turn_rad), np.sin(turn_rad)
        to_world = np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]])
        share = float(self.sun.mean() / max(float((self.sun + self.sky[0]).mean()), 1e-6))
        sky = np.concatenate([self.sky[:1], to_world @ self.sky[1:]])
        return Light(to_world @ self.to_sun, self.sun, sky, float(rng.uniform(0.003, 0.014)),
                     float(np.clip(0.25 + 0.6 * share, 0.2, 0.75)), float(rng.uniform(0, 0.2)))


def light_of(linear: np.ndarray, picture: np.ndarray) -> PlaceLight:
    """The light of a linear RGB map (h, w, 3), scaled to the brightness of its tone-mapped image.

    picture: (H, W, 3) uint8 BGR. The sun or the brightest lamp is the directional light that casts shadows;
    the rest is ambient light, which depends on the direction.
    """
    directions, solid = _directions(*linear.shape[:2])
    radiance = linear.astype(float).reshape(-1, 3)
    # The renderer uses squared colours as an approximation of linear light, so the image is squared, too.
    shown = (picture[::4, ::4, ::-1] / 255.0) ** 2
    gain = np.median(shown.mean(axis=-1)) / max(float(np.median(radiance.mean(axis=-1))), 1e-4)
    radiance = radiance * np.clip(gain, 0.05, 5)
    brightness = radiance.mean(axis=1)
    lamp = (brightness >= np.quantile(brightness, 1 - _SUN_PIXELS)) & (directions[:, 2] > -0.1)
    peak = directions[np.argmax(np.where(lamp, brightness, -1))]
    lamp &= directions @ peak > 0.8  # keeps only the brightest of several lamps
    excess = np.where(lamp[:, None], np.maximum(radiance - np.median(radiance, axis=0), 0), 0)
    sun = (excess * solid[:, None]).sum(axis=0) / np.pi
    way = (directions * (excess.mean(axis=1) * solid)[:, None]).sum(axis=0)
    length = float(np.linalg.norm(way))
    to_sun = way / length if length > 1e-9 else np.array([0, 0, 1.0])
    rest = (radiance - excess) * solid[:, None] / (4 * np.pi)
    # Ambient light: its mean and its change with the surface's direction (spherical harmonics, orders 0, 1).
    sky = np.concatenate([rest.sum(axis=0)[None], 2 * directions.T @ rest])
    level = float((sky[0] + 0.5 * sun).mean())
    wanted = np.clip(level, *_LIGHT_RANGE) / max(level, 1e-6)
    sun, sky = sun * wanted, sky * wanted
    return PlaceLight(to_sun, sun * min(1.0, _SUN_RANGE / max(float(sun.mean()), 1e-6)), sky)


def _directions(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Unit vector (n, 3), world z up, and solid angle (n,) of each pixel of a map."""
    v, u = np.meshgrid((np.arange(height) + 0.5) / height * np.pi,
                       ((np.arange(width) + 0.5) / width - 0.5) * 2 * np.pi, indexing='ij')
    directions = np.stack([np.sin(v) * np.sin(u), np.sin(v) * np.cos(u), np.cos(v)], -1).reshape(-1, 3)
    return directions, (np.sin(v) * (np.pi / height) * (2 * np.pi / width)).reshape(-1)


def without_black_rims(image: np.ndarray) -> np.ndarray:
    """Removes the black rims around lamps that sharpening before tone mapping causes, (H, W, 3) uint8."""
    lamps = cv2.dilate((image.min(axis=2) >= 250).astype(np.uint8), np.ones((15, 15)))
    rims = (image.max(axis=2) < 60) & (lamps > 0)
    if rims.mean() < _RIMS_SHARE:
        return image
    result = image.copy()
    result[rims] = cv2.morphologyEx(image, cv2.MORPH_CLOSE, np.ones((21, 21)))[rims]
    return cv2.GaussianBlur(result, (0, 0), 0.7)


@lru_cache(maxsize=64)
def _picture(path: Path) -> np.ndarray:
    """The image with _WRAP_PX columns of each side repeated at the other side, to avoid a visible seam."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise SourceError(f'{path} is not a picture')
    return cv2.copyMakeBorder(without_black_rims(image), 0, 0, _WRAP_PX, _WRAP_PX, cv2.BORDER_WRAP)
