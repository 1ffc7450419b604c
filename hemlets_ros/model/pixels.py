"""Crops -> network input, for training and for all backends."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from hemlets_ros.geometry.crop import MEAN_RGB, STD_RGB


def normalise(crops: np.ndarray | Tensor, device: torch.device | str = 'cpu') -> Tensor:
    """uint8 BGR crops (N, 256, 256, 3) -> normalised float32 RGB (N, 3, 256, 256) on `device`."""
    if isinstance(crops, np.ndarray):
        crops = torch.from_numpy(np.ascontiguousarray(crops))
    pixels = crops.to(device)
    rgb = pixels.flip(-1).permute(0, 3, 1, 2).to(torch.float32)
    mean, std = (torch.as_tensor(value, dtype=torch.float32, device=device).view(1, 3, 1, 1)
                 for value in (MEAN_RGB, STD_RGB))
    return (rgb - mean) / std
