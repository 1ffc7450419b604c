"""Corrects swapped left and right keypoints in training, as the pipeline does."""

from __future__ import annotations

import torch
from torch import Tensor

from hemlets_ros.model.image_joints import image_joints
from hemlets_ros.refinement.left_right import corrected_keypoints


def correct(keypoints: Tensor, maps: Tensor) -> Tensor:
    """Corrected keypoints (N, 17, 3) for `HEMlets.volume`, from keypoints and heatmaps (N, 60, M, M)."""
    bins = torch.linspace(-0.5, 0.5, maps.shape[-1], device=maps.device, dtype=maps.dtype)
    seen = image_joints(maps, bins).float().cpu().numpy()
    return torch.from_numpy(corrected_keypoints(keypoints.float().cpu().numpy(), seen)).to(keypoints)
