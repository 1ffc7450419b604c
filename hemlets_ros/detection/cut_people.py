"""Keypoints of people whom the image's border cuts: those beyond it are guessed near it, and do not count."""

from __future__ import annotations

import numpy as np

# Shares of the longer side of somebody's box, and a score; chosen on few people (docs/detectors.md).
_ENDS = 0.03  # so near a border, a box ends there: the person may go on
_NEAR = 0.15  # so near that border, what is not surely seen is a guess of what lies beyond it
_SURE = 0.5


def without_guesses(boxes: np.ndarray, points: np.ndarray, scores: np.ndarray,
                    image: np.ndarray) -> np.ndarray:
    """Keypoint scores (N, 17), 0 for those guessed at a border where the box ends.

    Args:
        boxes: (N, 4) left, top, right, bottom, px of the image.
        points: (N, 17, 2) keypoints, px of the image.
        scores: (N, 17), 0..1.
        image: (H, W, 3), of whose size the borders are.
    """
    low, high = np.full(2, -0.5), np.array(image.shape[1::-1]) - 0.5
    sides = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0)[:, None]
    ends = np.concatenate([boxes[:, :2] - low, high - boxes[:, 2:]], axis=1) < _ENDS * sides
    near = np.concatenate([points - low, high - points], axis=2) < _NEAR * sides[..., None]
    guessed = (ends[:, None] & near).any(axis=2) & (scores < _SURE)
    result: np.ndarray = np.where(guessed, 0.0, scores)
    return result
