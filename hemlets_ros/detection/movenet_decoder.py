"""What MoveNet's six heads say of an image: people, each with a box and 17 keypoints.

As the model's own last layers decide it, but for any number of people, and with more to tell them by. A cell
is a place of the heads' grid; values along y come first.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from hemlets_ros.skeleton import COCO_NAMES

STRIDE_PX = 4  # px of the network's image in a cell
_NEIGHBOURS = 5  # cells: no second person's centre is as near as that
_REACH = 0.3  # how far keypoints are looked for from where the centre expects them, as a share of the grid
_SEEN = 0.127  # keypoints with a lower score tell nothing of whether there is a person


def decode(heads: Mapping[str, np.ndarray], least: float, most: int) -> np.ndarray:
    """heads: (1, channels, height, width) each, of cells. Returns (N, 6 + 3 * 17), the best first: left,
    top, right, bottom (px of the network's image, 0 is its edge), score, that of the centre, then x, y
    (px), score of each keypoint, in COCO's order."""
    centres = heads['centres'][0, 0]
    peaks = (centres > least) & (centres == cv2.dilate(centres, np.ones((_NEIGHBOURS, _NEIGHBOURS))))
    y, x = np.nonzero(peaks)
    best = np.argsort(-centres[y, x])[:most]
    found = [_person(heads, each) for each in zip(y[best], x[best], strict=True)]
    return np.array(found, float).reshape(-1, 6 + 3 * len(COCO_NAMES))


def _person(heads: Mapping[str, np.ndarray], cell: tuple[int, int]) -> np.ndarray:
    heat = heads['heat'][0]
    grid = np.array(heat.shape[1:])
    at = (slice(None), *cell)
    middle, half = cell + heads['shifts'][0][at], np.maximum(heads['sizes'][0][at], 0) / 2
    low, high = np.clip(middle - half, 0, grid), np.clip(middle + half, 0, grid)
    (top, left), (bottom, right) = np.ceil(low).astype(int), np.maximum(np.ceil(high), np.ceil(low) + 1).astype(int)
    top, left = min(top, grid[0] - 1), min(left, grid[1] - 1)
    expected = cell + heads['joints'][0][at].reshape(-1, 2)
    reach = _REACH * grid.min()
    nearness_y = np.exp(-(np.arange(top, bottom) - expected[:, :1]) ** 2 / reach)
    nearness_x = np.exp(-(np.arange(left, right) - expected[:, 1:]) ** 2 / reach)
    scores = heat[:, top:bottom, left:right] * nearness_y[:, :, None] * nearness_x[:, None]
    flat = scores.reshape(len(scores), -1)
    place, joint = flat.argmax(1), np.arange(len(scores))
    y, x = np.divmod(place, scores.shape[2])
    y, x = y + top, x + left
    exact = heads['joint_shifts'][0].reshape(-1, 2, *grid)[joint, :, y, x] + np.stack([y, x], 1)
    certain = flat[joint, place]
    seen = certain > _SEEN
    score = certain[seen].mean() if seen.any() else 0.0
    return np.concatenate([STRIDE_PX * np.array([low[1], low[0], high[1], high[0]]),
                           [score, heads['centres'][0, 0][cell]],
                           np.stack([STRIDE_PX * exact[:, 1], STRIDE_PX * exact[:, 0], certain], 1).ravel()])
