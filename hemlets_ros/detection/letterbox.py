"""Letterboxing: scales an image to fit, and pads it to a multiple of the network's stride."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Letterbox:
    """Size of the scaled image in the network's input, and padding around it; px."""

    width: int  # of the scaled image
    height: int
    left: int  # padding
    top: int
    right: int
    bottom: int

    @classmethod
    def of(cls, image: np.ndarray, size: int, stride: int) -> Letterbox:
        """Fits an image (H, W, 3) into a square.

        size: side of the square. stride: width and height with padding are multiples of it.
        """
        gain = min(size / image.shape[0], size / image.shape[1])
        height, width = (max(round(length * gain), 1) for length in image.shape[:2])
        x, y = (size - width) % stride / 2, (size - height) % stride / 2
        return cls(width, height, round(x - 0.1), round(y - 0.1), round(x + 0.1), round(y + 0.1))

    def draw(self, image: np.ndarray, padding: tuple[int, int, int]) -> np.ndarray:
        """Scales and pads an image (H, W, 3) BGR; padding: its colour."""
        if image.shape[:2] != (self.height, self.width):
            image = cv2.resize(image, (self.width, self.height), interpolation=cv2.INTER_LINEAR)
        return cv2.copyMakeBorder(image, self.top, self.bottom, self.left, self.right, cv2.BORDER_CONSTANT,
                                  value=padding)

    def undo(self, points: np.ndarray, image: np.ndarray) -> np.ndarray:
        """Points (..., 2) in px of the letterboxed image -> px of the image, clipped to it."""
        size = np.array(image.shape[1::-1])
        scale = np.array([self.width, self.height]) / size
        within: np.ndarray = np.clip((points - (self.left, self.top)) / scale, 0, size)
        return within
