"""Decodes MoveNet's six output heads: people with a box and 17 keypoints each.

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


def decode(heads: Mapping[str, np.ndarray], score_threshold: float, most: int) -> np.ndarray:
    """People in the network's image, the best first, (N, 5 + 3 * 17): left, top, right, bottom, score, then
    x, y, score of each keypoint in COCO's order; px, of which 0 is the image's edge.

    heads: (1, channels, height, width) each. Duplicates that are more than a few cells apart are in it.
    """
    centres = heads['centres'][0, 0]
    # The score is the root of a product with something below 1: weaker centres cannot reach it.
    peaks = (centres >= score_threshold ** 2) & \
        (centres == cv2.dilate(centres, np.ones((_NEIGHBOURS, _NEIGHBOURS))))
    y, x = np.nonzero(peaks)
    best = np.argsort(-centres[y, x])[:most]
    found = [_person(heads, cell) for cell in zip(y[best], x[best], strict=True)]
    people = np.array(found, float).reshape(-1, 5 + 3 * len(COCO_NAMES))
    people = people[people[:, 4] >= score_threshold]
    return people[np.argsort(-people[:, 4])]


def _person(heads: Mapping[str, np.ndarray], cell: tuple[int, int]) -> np.ndarray:
    """Whoever has the centre in that cell (y, x), as a row of `decode`'s result."""
    heat, at = heads['heat'][0], (slice(None), *cell)
    grid = np.array(heat.shape[1:])
    middle, half = cell + heads['shifts'][0][at], np.maximum(heads['sizes'][0][at], 0) / 2
    low, high = np.clip(middle - half, 0, grid), np.clip(middle + half, 0, grid)
    first = np.minimum(np.ceil(low).astype(int), grid - 1)  # cells within the box, one at least
    last = np.maximum(np.ceil(high).astype(int), first + 1)
    expected = cell + heads['joints'][0][at].reshape(-1, 2)
    nearness = [np.exp(-(np.arange(first[axis], last[axis]) - expected[:, axis, None]) ** 2
                       / (_REACH * grid.min())) for axis in (0, 1)]
    scores = heat[:, first[0]:last[0], first[1]:last[1]] * nearness[0][:, :, None] * nearness[1][:, None]
    flat, joints = scores.reshape(len(scores), -1), np.arange(len(scores))
    best = flat.argmax(axis=1)
    certain = flat[joints, best]
    cells = np.stack(np.unravel_index(best, scores.shape[1:]), axis=1) + first
    places = cells + heads['joint_shifts'][0].reshape(-1, 2, *grid)[joints, :, cells[:, 0], cells[:, 1]]
    seen = certain > _SEEN
    score = np.sqrt(heads['centres'][0, 0][cell] * certain[seen].mean()) if seen.any() else 0.0
    box = STRIDE_PX * np.concatenate([low[::-1], high[::-1]])
    return np.concatenate([box, [score], np.column_stack([STRIDE_PX * places[:, ::-1], certain]).ravel()])
