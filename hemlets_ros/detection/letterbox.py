"""Letterboxing: scales an image to fit, and pads it to a multiple of the network's stride."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Letterbox:
    """How an image lies in that of the network; all in px."""

    width: int  # of the scaled image
    height: int
    left: int  # of padding
    top: int
    right: int
    bottom: int

    @classmethod
    def of(cls, image: np.ndarray, size: int, stride: int) -> Letterbox:
        """size: the square's side; stride: what width and height must be multiples of."""
        gain = min(size / image.shape[0], size / image.shape[1])
        height, width = (max(round(length * gain), 1) for length in image.shape[:2])
        x, y = (size - width) % stride / 2, (size - height) % stride / 2
        return cls(width, height, round(x - 0.1), round(y - 0.1), round(x + 0.1), round(y + 0.1))

    def draw(self, image: np.ndarray, padding: tuple[int, int, int]) -> np.ndarray:
        """(H, W, 3) BGR -> (height, width, 3) BGR."""
        if image.shape[:2] != (self.height, self.width):
            image = cv2.resize(image, (self.width, self.height), interpolation=cv2.INTER_LINEAR)
        return cv2.copyMakeBorder(image, self.top, self.bottom, self.left, self.right, cv2.BORDER_CONSTANT,
                                  value=padding)

    def undo(self, points: np.ndarray, image: np.ndarray) -> np.ndarray:
        """Points (..., 2) in px of the drawn image -> in px of the image, within it."""
        size = np.array(image.shape[1::-1])
        scale = np.array([self.width, self.height]) / size
        within: np.ndarray = np.clip((points - (self.left, self.top)) / scale, 0, size)
        return within
