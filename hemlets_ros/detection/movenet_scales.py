"""Image sizes for MoveNet, and merging of people found at two sizes."""

from __future__ import annotations

import numpy as np

from hemlets_ros.geometry.box_overlap import areas, overlaps, shared_areas

BLOCK_PX = 32  # width and height are multiples of it
_LEAST_PX, _MOST_PX = 256, 768  # where `detector_size_px` is 0; the model was trained with 256
_ALONE_PX = 384  # up to this, one size is enough for near people too
_LARGEST_PX = 300  # people who are larger in the network's image come out in pieces
_OVERLAP = 0.6  # boxes that overlap more are the same person
_FINER = 0.1  # this much less sure, the larger image is still the more exact
_WITHIN = 0.8  # share of a box within another that makes it a part


def image_sizes_px(size_px: int, image: np.ndarray) -> list[int]:
    """The longer sides for a (H, W, 3) image, the smaller first; size_px: the parameter, 0: by the image."""
    size = size_px or min(max(image.shape[0], image.shape[1], _LEAST_PX), _MOST_PX)
    sizes = [size] if size <= _ALONE_PX else [size / 2, size]
    return [BLOCK_PX * max(round(each / BLOCK_PX), 1) for each in sizes]


def merged(found: list[np.ndarray], sizes_px: list[int], image: np.ndarray) -> np.ndarray:
    """People, each once, the best first.

    found: for each size (N, 5 + more): left, top, right, bottom (px of the image), score.
    """
    people, finer = found[0], np.zeros(len(found[0]), bool)
    if len(found) > 1:
        fine = _whole(found[1], people, sizes_px[1] / max(image.shape[:2]))
        people, finer = np.concatenate([people, fine]), np.arange(len(people) + len(fine)) >= len(people)
    shared, kept = overlaps(people[:, :4], people[:, :4]), list[int]()
    for index in np.argsort(-(people[:, 4] + _FINER * finer)):
        if not kept or shared[index, kept].max() < _OVERLAP:
            kept.append(int(index))
    result: np.ndarray = people[kept]
    return result[np.argsort(-result[:, 4])]


def _whole(fine: np.ndarray, coarse: np.ndarray, gain: float) -> np.ndarray:
    """Those of the larger image who are not too large for it, and not parts of anybody who is."""
    long = gain * (fine[:, 2:4] - fine[:, :2]).max(axis=1, initial=0)
    fine = fine[long <= _LARGEST_PX]
    near = coarse[gain * (coarse[:, 2:4] - coarse[:, :2]).max(axis=1, initial=0) > _LARGEST_PX]
    boxes = fine[:, :4]
    is_part = (shared_areas(boxes, near[:, :4]) > _WITHIN * areas(boxes)[:, None]).any(axis=1)
    result: np.ndarray = fine[~is_part]
    return result
