"""Adds the noise and compression of a webcam to a clean image."""

from __future__ import annotations

import cv2
import numpy as np

_JPEG_QUALITY = 85


def noisy(image: np.ndarray, levels: float, rng: np.random.Generator) -> np.ndarray:
    """The image (H, W, 3) uint8 with Gaussian noise (standard deviation in grey levels), after JPEG."""
    spoilt = np.clip(image + rng.normal(0, levels, image.shape), 0, 255).astype(np.uint8)
    jpeg = cv2.imencode('.jpg', spoilt, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1]
    return cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
