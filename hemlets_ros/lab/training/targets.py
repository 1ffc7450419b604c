"""Target heatmaps from labels: joint maps and part-centric triplets (HEMlets, sec. 3.1)."""

from __future__ import annotations

import torch
from torch import Tensor

from hemlets_ros.skeleton import PARTS

_PARENT, _CHILD = (torch.from_numpy(PARTS[:, side].copy()) for side in (0, 1))


def joint_maps(joints: Tensor, size: int, sigma_px: float) -> Tensor:
    """Heatmaps with a Gaussian at each joint.

    Args:
        joints: (N, 18, 2 or 3) x, y in [-0.5, 0.5] of the crop.
        size: width and height of the maps; bin i lies at i / (size - 1) - 0.5.
        sigma_px: standard deviation of the Gaussians, in px of the map.

    Returns (N, 18, size, size), peak 1.
    """
    bins = torch.arange(size, dtype=joints.dtype, device=joints.device)
    distance = bins - (joints[..., :2, None] + 0.5) * (size - 1)  # (N, 18, 2, size)
    along_x, along_y = torch.exp(-distance.square() / (2 * sigma_px ** 2)).unbind(2)
    return along_y[..., :, None] * along_x[..., None, :]


def triplet_maps(maps: Tensor, ordinal: Tensor) -> Tensor:
    """Heatmap triplets of the 14 parts.

    The parent joint is drawn in the zero map. The child joint is drawn in the negative map if the parent is
    nearer to the camera, in the zero map if both have the same depth, else in the positive map.

    Args:
        maps: (N, 18, M, M), from `joint_maps`.
        ordinal: (N, 14) in {-1, 0, 1}, the sign of the parent's depth minus the child's.

    Returns (N, 42, M, M), per part negative, zero, positive.
    """
    parent, child = maps[:, _PARENT], maps[:, _CHILD]  # (N, 14, M, M)
    polarity = torch.tensor([-1, 0, 1], device=ordinal.device)
    chosen = (ordinal[..., None] == polarity).to(maps.dtype)  # (N, 14, 3)
    triplets = chosen[..., None, None] * child[:, :, None]
    zero = torch.zeros_like(triplets)
    zero[:, :, 1] = parent
    return (triplets + zero).flatten(1, 2)
