"""Keypoints of people who are cut by the image's border. Detectors place keypoints that lie outside the image
near its border; these are ignored.
"""

from __future__ import annotations

import numpy as np

# Distances are shares of the longer side of the box. The values were chosen on few people
# (docs/detectors.md).
_CUT = 0.03  # a box that ends this close to a border is treated as cut by it
_NEAR = 0.15  # distance to that border within which keypoints of low score are ignored
_HIGH_SCORE = 0.5


def without_guesses(boxes: np.ndarray, points: np.ndarray, scores: np.ndarray,
                    image: np.ndarray) -> np.ndarray:
    """Sets the scores of keypoints to 0 if they are probably guesses of points outside the image.

    Args:
        boxes: (N, 4) left, top, right, bottom, px of the image.
        points: (N, 17, 2) keypoints, px of the image.
        scores: (N, 17), 0..1.
        image: (H, W, 3); only its size is used.

    Returns the scores (N, 17).
    """
    low, high = np.full(2, -0.5), np.array(image.shape[1::-1]) - 0.5
    sides = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0)[:, None]
    cut = np.concatenate([boxes[:, :2] - low, high - boxes[:, 2:]], axis=1) < _CUT * sides
    near = np.concatenate([points - low, high - points], axis=2) < _NEAR * sides[..., None]
    guessed = (cut[:, None] & near).any(axis=2) & (scores < _HIGH_SCORE)
    result: np.ndarray = np.where(guessed, 0.0, scores)
    return result
