"""Overlap of boxes (left, top, right, bottom), in any unit."""

from __future__ import annotations

import numpy as np


def shared_areas(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Boxes (N, 4) and (M, 4) -> areas of their intersections (N, M)."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    result: np.ndarray = np.clip(high - low, 0, None).prod(axis=2)
    return result


def areas(boxes: np.ndarray) -> np.ndarray:
    """Boxes (N, 4) -> areas (N,)."""
    result: np.ndarray = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1)
    return result


def overlaps(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Boxes (N, 4) and (M, 4) -> intersection over union (N, M)."""
    shared = shared_areas(one, other)
    union = areas(one)[:, None] + areas(other)[None] - shared
    result: np.ndarray = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return result
