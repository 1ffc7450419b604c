"""Random colours and patterns of clothes, hair and props."""

from __future__ import annotations

import colorsys

import cv2
import numpy as np


def random_bgr(rng: np.random.Generator) -> np.ndarray:
    """A random colour of clothes (3,), 0..1; black, white, grey and blue are more frequent than others."""
    kind = rng.random()
    if kind < 0.3:
        value = rng.choice([0.07, 0.15, 0.3, 0.55, 0.85, 0.93]) + rng.normal(0, 0.03)
        return np.clip(value + rng.normal(0, 0.015, 3), 0.03, 1)
    hue = rng.uniform(0.55, 0.68) if kind < 0.5 else rng.random()
    saturation = rng.beta(2, 2) * (0.75 if kind < 0.85 else 1)
    value = rng.uniform(0.12, 0.95)
    return np.array(colorsys.hsv_to_rgb(hue, saturation, value))[::-1]


def dyed(texture: np.ndarray, rng: np.random.Generator, keep: float = 0.25) -> np.ndarray:
    """A garment's texture (H, W, 4) uint8 in random colours; folds and seams are preserved.

    keep: probability that the garment keeps its original colours.
    """
    if rng.random() < keep:
        return texture
    grey = cv2.cvtColor(texture[..., :3], cv2.COLOR_BGR2GRAY).astype(np.float32)
    solid = texture[..., 3] > 100
    middle = float(np.median(grey[solid])) if solid.any() else 128.0
    # Brightness relative to the average of the cloth; strong contrast of prints is reduced.
    shade = np.clip((grey + 12) / (middle + 12), 0.35, 2.0) ** rng.uniform(0.5, 1.0)
    cloth = pattern(texture.shape[0], rng)
    result = texture.copy()
    result[..., :3] = np.clip(255 * cloth * shade[..., None], 0, 255)
    return result


def pattern(size_px: int, rng: np.random.Generator, period: float | None = None) -> np.ndarray:
    """A cloth pattern (size, size, 3) float32 BGR, 0..1: plain, striped, checked, dotted, spotted or faded.

    period: number of repetitions; None: random, as on clothes.
    """
    first, second = random_bgr(rng), random_bgr(rng)
    kind = rng.choice(['plain', 'stripes', 'check', 'dots', 'spots', 'fade', 'weave'],
                            p=[0.46, 0.14, 0.1, 0.05, 0.08, 0.07, 0.1])
    y, x = np.mgrid[:size_px, :size_px].astype(np.float32) / size_px
    period = rng.uniform(8, 45) if period is None else period
    if kind == 'plain':
        mix = np.zeros((size_px, size_px), np.float32)
    elif kind == 'stripes':
        along = x if rng.random() < 0.5 else y
        mix = (np.mod(along * period, 1) < rng.uniform(0.15, 0.6)).astype(np.float32)
    elif kind == 'check':
        width = rng.uniform(0.2, 0.5)
        mix = 0.5 * ((np.mod(x * period, 1) < width).astype(np.float32) + (np.mod(y * period, 1) < width))
    elif kind == 'dots':
        mix = ((np.mod(x * period, 1) - 0.5) ** 2 + (np.mod(y * period, 1) - 0.5) ** 2 < 0.05) \
            .astype(np.float32)
    elif kind == 'fade':
        mix = y if rng.random() < 0.5 else 1 - y
    else:
        mix = noise(size_px, size_px, rng, coarsest=3 if kind == 'spots' else 6)
        if kind == 'spots':
            mix = (mix > 0.5).astype(np.float32)
    return (first + mix[..., None] * (second - first)).astype(np.float32)


def noise(height: int, width: int, rng: np.random.Generator, coarsest: int = 2,
          octaves: int = 4, fade: float = 0.55) -> np.ndarray:
    """Smooth noise (height, width) float32, 0..1; the largest structures are 1/2^coarsest of the image."""
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        cells = 2 ** (coarsest + octave)
        grid = rng.random((cells + 1, cells + 1), np.float32)
        total += fade ** octave * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    low, high = float(total.min()), float(total.max())
    return (total - low) / max(high - low, 1e-6)


def tinted_hair(texture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A hair texture (H, W, 4) uint8 in a random natural colour (black to blond, red, grey), rarely dyed."""
    shades = np.array([[18, 20, 24], [25, 35, 50], [35, 55, 85], [60, 95, 140], [110, 165, 205],
                       [35, 60, 130], [150, 150, 150], [215, 215, 215]], np.float32)  # BGR
    colour = shades[rng.choice(len(shades), p=[0.25, 0.22, 0.17, 0.1, 0.09, 0.05, 0.08, 0.04])]
    if rng.random() < 0.03:
        colour = 255 * random_bgr(rng)
    grey = cv2.cvtColor(texture[..., :3], cv2.COLOR_BGR2GRAY).astype(np.float32)
    solid = texture[..., 3] > 60
    middle = max(20.0, float(grey[solid].mean()) if solid.any() else 100.0)
    result = texture.copy()
    result[..., :3] = np.clip(colour * np.clip(grey / middle, 0.2, 2.2)[..., None], 0, 255)
    return result


def toned_skin(texture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A skin texture (H, W, 4) uint8 with random changes of brightness and tint."""
    gain = np.exp(rng.normal(0, 0.12) + rng.normal(0, 0.035, 3))
    result = texture.copy()
    result[..., :3] = np.clip(texture[..., :3] * gain, 0, 255)
    result[..., 3] = 255
    return result
