"""Further image effects: flicker, dusk, haze, lens distortion."""

from __future__ import annotations

import cv2
import numpy as np

#: Maximum distortion at the image corner, as a share of its distance from the middle.
_BEND = 0.02
_BEND_SHARE, _DUSK_SHARE, _BANDS_SHARE, _VIGNETTE_SHARE, _FADE_SHARE = 0.2, 0.12, 0.1, 0.15, 0.08


def poor_light(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Makes a (H, W, 3) uint8 BGR image dark and noisy, banded, vignetted or hazy, each at random."""
    if rng.random() < _BANDS_SHARE:  # rolling shutter under flickering lamps
        rows = np.arange(len(image))
        phase = rows / len(rows) * rng.uniform(2, 25) + rng.uniform(0, 6.3)
        wave = 1 + rng.uniform(0.05, 0.25) * np.sin(phase)
        image = np.clip(image * wave[:, None, None].astype(np.float32), 0, 255).astype(np.uint8)
    if rng.random() < _VIGNETTE_SHARE:
        y, x = np.mgrid[-1:1:len(image) * 1j, -1:1:image.shape[1] * 1j].astype(np.float32)
        middle = rng.normal(0, 0.3, 2)
        fall = 1 - rng.uniform(0.1, 0.35) * ((x - middle[0]) ** 2 + (y - middle[1]) ** 2)
        image = np.clip(image * np.clip(fall, 0.25, 1)[..., None], 0, 255).astype(np.uint8)
    if rng.random() < _FADE_SHARE:  # haze by light that shines into the lens
        share = rng.uniform(0.1, 0.4)
        image = cv2.addWeighted(image, 1 - share, np.full_like(image, int(rng.uniform(120, 240))), share, 0)
    if rng.random() < _DUSK_SHARE:
        gain = rng.uniform(0.12, 0.45)
        electrons = image.astype(np.float32) * gain
        noise = np.empty_like(electrons)
        cv2.setRNGSeed(int(rng.integers(2 ** 31)))
        cv2.randn(noise, 0, 1)
        electrons += noise * np.sqrt(electrons * rng.uniform(0.1, 0.6) + rng.uniform(0.5, 4))
        image = np.clip(electrons * min(1 / gain, rng.uniform(1, 5)), 0, 255).astype(np.uint8)
    return image


class Lens:
    """A random, slight radial distortion about the middle of the camera's image."""

    def __init__(self, middle_px: np.ndarray, reach_px: float, rng: np.random.Generator) -> None:
        """middle_px: (2,) middle of the camera's image in the stored one; reach_px: distance to a corner."""
        self._middle, self._reach = middle_px, reach_px
        self._bend = float(rng.uniform(-_BEND, _BEND)) if rng.random() < _BEND_SHARE else 0.0

    def bent(self, points_px: np.ndarray) -> np.ndarray:
        """Distorted positions (n, 2) of points."""
        away = (points_px - self._middle) / self._reach
        return points_px + self._bend * (away ** 2).sum(axis=-1, keepdims=True) * (points_px - self._middle)

    def seen(self, image: np.ndarray) -> np.ndarray:
        """The distorted (H, W, 3) uint8 image."""
        if not self._bend:
            return image
        height, width = image.shape[:2]
        pixels = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).reshape(-1, 2)
        # First-order inverse, exact enough for a small distortion.
        source = pixels - (self.bent(pixels) - pixels)
        maps = source.reshape(height, width, 2).astype(np.float32)
        return cv2.remap(image, maps[..., 0], maps[..., 1], cv2.INTER_LINEAR,
                         borderMode=cv2.BORDER_REFLECT_101)
