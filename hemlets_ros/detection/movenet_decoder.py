"""Decodes MoveNet's six output heads into people with a box and 17 keypoints each.

This follows the last layers of the original model, but for any number of people and with a score that also
uses the keypoints. A cell is a position in the grid of the heads; coordinates are in the order y, x.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from hemlets_ros.skeleton import COCO_NAMES

STRIDE_PX = 4  # width of a cell in px of the network's input
_NEIGHBOURS = 5  # cells: width of the window in which only the greatest centre is kept
_REACH = 0.3  # width of the weighting around predicted keypoint positions, as a share of the grid
_MIN_SCORE = 0.127  # keypoints with a lower score do not enter the person's score


def decode(heads: Mapping[str, np.ndarray], score_threshold: float, most: int) -> np.ndarray:
    """Decodes the people in the network's input.

    Args:
        heads: (1, channels, height, width) each.
        score_threshold: smallest score of a person.
        most: greatest number of people.

    Returns (N, 5 + 3 * 17), sorted by falling score: left, top, right, bottom, score, then x, y, score of
    each keypoint in COCO's order; px from the input's corner. Duplicates several cells apart remain.
    """
    centres = heads['centres'][0, 0]
    # A score is sqrt(centre * mean keypoint score <= 1), so weaker centres cannot reach the threshold.
    peaks = (centres >= score_threshold ** 2) & \
        (centres == cv2.dilate(centres, np.ones((_NEIGHBOURS, _NEIGHBOURS))))
    y, x = np.nonzero(peaks)
    best = np.argsort(-centres[y, x])[:most]
    found = [_person(heads, cell) for cell in zip(y[best], x[best], strict=True)]
    people = np.array(found, float).reshape(-1, 5 + 3 * len(COCO_NAMES))
    people = people[people[:, 4] >= score_threshold]
    return people[np.argsort(-people[:, 4])]


def _person(heads: Mapping[str, np.ndarray], cell: tuple[int, int]) -> np.ndarray:
    """The person with the centre in this cell (y, x), as a row of `decode`'s result."""
    heat, at = heads['heat'][0], (slice(None), *cell)
    grid = np.array(heat.shape[1:])
    middle, half = cell + heads['shifts'][0][at], np.maximum(heads['sizes'][0][at], 0) / 2
    low, high = np.clip(middle - half, 0, grid), np.clip(middle + half, 0, grid)
    first = np.minimum(np.ceil(low).astype(int), grid - 1)  # cells within the box, at least one
    last = np.maximum(np.ceil(high).astype(int), first + 1)
    expected = cell + heads['joints'][0][at].reshape(-1, 2)
    nearness = [np.exp(-(np.arange(first[axis], last[axis]) - expected[:, axis, None]) ** 2
                       / (_REACH * grid.min())) for axis in (0, 1)]
    scores = heat[:, first[0]:last[0], first[1]:last[1]] * nearness[0][:, :, None] * nearness[1][:, None]
    flat, joints = scores.reshape(len(scores), -1), np.arange(len(scores))
    best = flat.argmax(axis=1)
    keypoint_scores = flat[joints, best]
    cells = np.stack(np.unravel_index(best, scores.shape[1:]), axis=1) + first
    places = cells + heads['joint_shifts'][0].reshape(-1, 2, *grid)[joints, :, cells[:, 0], cells[:, 1]]
    seen = keypoint_scores > _MIN_SCORE
    score = np.sqrt(heads['centres'][0, 0][cell] * keypoint_scores[seen].mean()) if seen.any() else 0.0
    box = STRIDE_PX * np.concatenate([low[::-1], high[::-1]])
    return np.concatenate([box, [score],
                           np.column_stack([STRIDE_PX * places[:, ::-1], keypoint_scores]).ravel()])
