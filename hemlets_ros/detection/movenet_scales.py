"""Image sizes for MoveNet, and merging of people found at two sizes."""

from __future__ import annotations

import numpy as np

from hemlets_ros.geometry.box_overlap import areas, overlaps, shared_areas

BLOCK_PX = 32  # width and height are multiples of it
_MIN_PX, _MAX_PX = 256, 768  # limits of the automatic size; the model was trained with 256
_SINGLE_PX = 384  # up to this size the network runs once, which is enough for near people too
_MAX_PERSON_PX = 300  # larger people are found in parts
_OVERLAP = 0.6  # boxes that overlap more are the same person
_FINE_BONUS = 0.1  # added to scores from the larger image when duplicates are removed: it is more accurate
_WITHIN = 0.8  # a box with a larger share inside another one is a part of that person


def image_sizes_px(size_px: int, image: np.ndarray) -> list[int]:
    """Longer sides of the network's inputs for an image (H, W, 3), ascending; size_px 0: automatic."""
    size = size_px or min(max(image.shape[0], image.shape[1], _MIN_PX), _MAX_PX)
    sizes = [size] if size <= _SINGLE_PX else [size / 2, size]
    return [BLOCK_PX * max(round(each / BLOCK_PX), 1) for each in sizes]


def merged(found: list[np.ndarray], sizes_px: list[int], image: np.ndarray) -> np.ndarray:
    """Merges people found at one or two sizes and removes duplicates.

    found: for each size (N, 5 + more): left, top, right, bottom (px of the image), score.

    Returns the rows sorted by falling score.
    """
    people, finer = found[0], np.zeros(len(found[0]), bool)
    if len(found) > 1:
        fine = _whole(found[1], people, sizes_px[1] / max(image.shape[:2]))
        people, finer = np.concatenate([people, fine]), np.arange(len(people) + len(fine)) >= len(people)
    shared, kept = overlaps(people[:, :4], people[:, :4]), list[int]()
    for index in np.argsort(-(people[:, 4] + _FINE_BONUS * finer)):
        if not kept or shared[index, kept].max() < _OVERLAP:
            kept.append(int(index))
    result: np.ndarray = people[kept]
    return result[np.argsort(-result[:, 4])]


def _whole(fine: np.ndarray, coarse: np.ndarray, gain: float) -> np.ndarray:
    """People of the larger image, without those who are too large for it and without parts of these."""
    long = gain * (fine[:, 2:4] - fine[:, :2]).max(axis=1, initial=0)
    fine = fine[long <= _MAX_PERSON_PX]
    near = coarse[gain * (coarse[:, 2:4] - coarse[:, :2]).max(axis=1, initial=0) > _MAX_PERSON_PX]
    boxes = fine[:, :4]
    is_part = (shared_areas(boxes, near[:, :4]) > _WITHIN * areas(boxes)[:, None]).any(axis=1)
    result: np.ndarray = fine[~is_part]
    return result
