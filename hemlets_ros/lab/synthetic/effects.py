"""Image degradations by lenses, sensors and codecs."""

from __future__ import annotations

import cv2
import numpy as np


def degrade(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A copy of a (H, W, 3) uint8 BGR image with random blur, tint, noise and compression."""
    image = _toned(_exposed(_blurred(image, rng), rng), rng)
    if rng.random() < 0.55:
        spread = rng.uniform(1, 12)
        # Noise at half the resolution resembles that of small sensors after their internal processing.
        half = rng.random() < 0.4
        height, width = image.shape[:2]
        grain = np.empty((height // 2, width // 2, 3) if half else image.shape, np.int8)
        cv2.setRNGSeed(int(rng.integers(2 ** 31)))
        cv2.randn(grain, 0, spread)
        if half:
            grain = cv2.resize(grain.astype(np.int16), (width, height), interpolation=cv2.INTER_LINEAR)
        image = cv2.add(image, grain.astype(np.int16), dtype=cv2.CV_8U)
    if rng.random() < 0.5:
        quality = int(rng.integers(25, 90))
        _, packed = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        image = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    return image


def _blurred(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    kind = rng.random()
    if kind < 0.2:  # low resolution, as of a distant person
        factor = rng.uniform(1.3, 3.5)
        small = cv2.resize(image, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
        return cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    if kind < 0.4:
        return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.8))
    if kind < 0.52:
        return cv2.filter2D(image, -1, motion_kernel(rng.uniform(3, 11), rng.uniform(0, np.pi)))
    return image


def motion_kernel(length_px: float, angle_rad: float) -> np.ndarray:
    """Motion blur kernel: a line through the middle of a square; the values sum to 1."""
    size = int(np.ceil(length_px)) | 1
    kernel = np.zeros((size, size), np.float32)
    reach = (length_px - 1) / 2 * np.array([np.cos(angle_rad), np.sin(angle_rad)])
    ends = [np.round(16 * (size // 2 + sign * reach)).astype(int).tolist() for sign in (-1, 1)]
    cv2.line(kernel, *ends, 1.0, 1, cv2.LINE_8, 4)
    return kernel / kernel.sum()


def _exposed(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Auto exposure: moves the mean brightness towards middle grey."""
    gain = (rng.uniform(85, 145) / max(float(image.mean()), 1.0)) ** 0.7
    return cv2.convertScaleAbs(image, alpha=float(np.clip(gain, 0.6, 2.5)))


def _toned(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    levels = np.arange(256, dtype=np.float32) / 255
    gamma = np.exp(rng.normal(0, 0.18))
    contrast, brightness = rng.uniform(0.7, 1.25), rng.normal(0, 0.06)
    cast = np.exp(rng.normal(0, 0.07, 3)) if rng.random() < 0.7 else np.ones(3)
    curve = np.stack([((levels ** gamma - 0.5) * contrast + 0.5 + brightness) * gain for gain in cast], -1)
    return cv2.LUT(image, np.clip(255 * curve, 0, 255).astype(np.uint8).reshape(1, 256, 3))
