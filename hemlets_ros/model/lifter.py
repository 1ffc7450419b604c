"""Estimates 3D joints from the detector's 2D keypoints: a residual network of fully connected layers (after
Martinez et al., A simple yet effective baseline for 3D human pose estimation, ICCV 2017).

The output for depth is a distribution over the bins of the volume, because depth from 2D often has two modes:
a foreshortened arm points towards the camera or away from it, which only the image can tell.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from hemlets_ros.skeleton import COCO_NAMES, JOINT_COUNT

#: Keypoints with a lower score are ignored.
MIN_SCORE = 0.05
_MIN_SPREAD = 0.02  # of the crop: lower bound of the scale, for keypoints that nearly coincide
_MIN_KEYPOINTS = 4  # fewer do not determine a pose
_SIGMA_RANGE = (0.004, 0.25)  # of the crop: bounds of the predicted standard deviations


class Lifted(NamedTuple):
    """Joints estimated from the keypoints of N crops. Rows where `known` is false are meaningless."""

    places: Tensor  # (N, 18, 2) x, y in [-0.5, 0.5] of the crop
    sigmas: Tensor  # (N, 18, 2) standard deviations of x, y
    depth_logits: Tensor  # (N, 18, D) over the bins of the volume's depth
    known: Tensor  # (N,) bool: there were enough keypoints


class Lifter(nn.Module):
    """COCO keypoints (N, 17, 3), x and y in [-0.5, 0.5] of the crop and score -> Lifted.

    The pose is equivariant to translation and scaling of the keypoints within the crop.
    """

    def __init__(self, width: int, blocks: int, depth_bins: int) -> None:
        super().__init__()
        self.enter = nn.Linear(4 * len(COCO_NAMES), width)
        self.blocks = nn.ModuleList(nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), nn.Dropout(0.1),
            nn.Linear(width, width)) for _ in range(blocks))
        self.leave = nn.Sequential(nn.LayerNorm(width), nn.GELU(),
                                   nn.Linear(width, JOINT_COUNT * (4 + depth_bins)))

    @staticmethod
    def known(keypoints: Tensor) -> Tensor:
        """(N,) bool: whether there are enough keypoints for a pose."""
        return (keypoints[..., 2] > MIN_SCORE).sum(1) >= _MIN_KEYPOINTS

    def forward(self, keypoints: Tensor) -> Lifted:
        present = keypoints[..., 2] > MIN_SCORE  # (N, 17)
        share = present / present.sum(1, keepdim=True).clamp(min=1)
        centre = (keypoints[..., :2] * share[..., None]).sum(1, keepdim=True)
        offsets = torch.where(present[..., None], keypoints[..., :2] - centre, 0)
        spread = (offsets.square().sum(-1) * share).sum(1).sqrt().clamp(min=_MIN_SPREAD)[:, None, None]
        scores = keypoints[..., 2:] * present[..., None]
        x = torch.cat([offsets / spread, scores, present[..., None]], dim=-1)
        x = self.enter(x.flatten(1))
        for block in self.blocks:
            x = x + block(x)
        out = self.leave(x).unflatten(1, (JOINT_COUNT, -1))
        places, sigmas, logits = out[..., :2], out[..., 2:4], out[..., 4:]
        return Lifted(places * spread + centre, (sigmas.exp() * 0.1 * spread).clamp(*_SIGMA_RANGE), logits,
                      self.known(keypoints))
