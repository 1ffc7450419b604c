"""Joints as seen by the image alone: read from the joint heatmaps, which do not use the keypoints."""

from __future__ import annotations

import torch
from torch import Tensor

from hemlets_ros.skeleton import JOINT_COUNT


def image_joints(maps: Tensor, bins: Tensor) -> Tensor:
    """The joints' heatmaps -> place and certainty of each joint.

    Args:
        maps: (N, 60, M, M), the first 18 of them of the joints.
        bins: (M,) where the columns and rows of a map lie, in [-0.5, 0.5] of the crop.

    Returns (N, 18, 3): x and y in [-0.5, 0.5] of the crop (mean by squared heat), and certainty, 0..1
    (squared peak).
    """
    heat = maps[:, :JOINT_COUNT].detach().clamp(min=0)
    share = heat.square()
    share = share / share.sum((2, 3), keepdim=True).clamp(min=1e-9)
    certainty = heat.amax((2, 3)).clamp(max=1).square()
    return torch.stack([(share.sum(2) * bins).sum(-1), (share.sum(3) * bins).sum(-1), certainty], dim=-1)
