"""The network's input and output space: a square crop, and a depth range around the pelvis."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    import torch

CROP_SIZE_PX = 256
#: Depth range of the volume, centred at the pelvis (the authors' setting for Human3.6M).
DEPTH_RANGE_MM = 2000.0
_Array = TypeVar('_Array', np.ndarray, 'torch.Tensor')


def volume_to_crop_px(positions: _Array) -> _Array:
    """Positions in [-0.5, 0.5] of the crop -> px of the crop (the authors' decoding)."""
    return (positions + 0.5) * CROP_SIZE_PX


def crop_positions(crop_px: _Array) -> _Array:
    """px of the crop -> positions in [-0.5, 0.5]; the inverse of volume_to_crop_px."""
    return crop_px / CROP_SIZE_PX - 0.5
