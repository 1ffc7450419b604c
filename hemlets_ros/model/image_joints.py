"""Joint positions from the joint heatmaps, which depend on the image only and not on the keypoints."""

from __future__ import annotations

import torch
from torch import Tensor

from hemlets_ros.skeleton import JOINT_COUNT


def image_joints(maps: Tensor, bins: Tensor) -> Tensor:
    """Position and confidence of each joint in the heatmaps.

    Args:
        maps: (N, 60, M, M); the first 18 maps are the joint heatmaps.
        bins: (M,) coordinates of the columns and rows of a map, in [-0.5, 0.5] of the crop.

    Returns (N, 18, 3): x and y in [-0.5, 0.5] of the crop (mean weighted by the squared heatmap), and
    confidence, 0..1 (square of the heatmap's maximum).
    """
    heat = maps[:, :JOINT_COUNT].detach().clamp(min=0)
    share = heat.square()
    share = share / share.sum((2, 3), keepdim=True).clamp(min=1e-9)
    confidence = heat.amax((2, 3)).clamp(max=1).square()
    return torch.stack([(share.sum(2) * bins).sum(-1), (share.sum(3) * bins).sum(-1), confidence], dim=-1)
