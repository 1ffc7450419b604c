"""A detector's 2D keypoints -> a first guess of the joints in 3D: a plain residual network of fully connected
layers (after Martinez et al., A simple yet effective baseline for 3D human pose estimation, ICCV 2017).

Depth comes out as a distribution over the volume's bins, for from 2D alone it often has two peaks: an arm
that is foreshortened points at the camera or away from it, and the image must decide.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from hemlets_ros.skeleton import COCO_NAMES, JOINT_COUNT

#: Keypoints of a lower score are as good as none.
LEAST_SCORE = 0.05
_LEAST_SPREAD = 0.02  # of the crop: keypoints that all lie on a spot
_LEAST_KEYPOINTS = 4  # fewer say nothing of a pose
_SIGMA = (0.004, 0.25)  # of the crop: how sure and unsure a place may be


class Lifted(NamedTuple):
    """What keypoints say of N crops; nothing where `known` is false."""

    places: Tensor  # (N, 18, 2) x, y in [-0.5, 0.5] of the crop
    sigmas: Tensor  # (N, 18, 2) standard deviations of these
    depth_logits: Tensor  # (N, 18, D) over the bins of the volume's depth
    known: Tensor  # (N,) bool: there were keypoints


class Lifter(nn.Module):
    """COCO keypoints (N, 17, 3), x and y in [-0.5, 0.5] of the crop and score -> Lifted:

    Neither where in the crop a person is nor how large changes the result.
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
        """(N,) bool: who has keypoints enough for a pose."""
        return (keypoints[..., 2] > LEAST_SCORE).sum(1) >= _LEAST_KEYPOINTS

    def forward(self, keypoints: Tensor) -> Lifted:
        present = keypoints[..., 2] > LEAST_SCORE  # (N, 17)
        share = present / present.sum(1, keepdim=True).clamp(min=1)
        centre = (keypoints[..., :2] * share[..., None]).sum(1, keepdim=True)
        offsets = torch.where(present[..., None], keypoints[..., :2] - centre, 0)
        spread = (offsets.square().sum(-1) * share).sum(1).sqrt().clamp(min=_LEAST_SPREAD)[:, None, None]
        scores = keypoints[..., 2:] * present[..., None]
        x = torch.cat([offsets / spread, scores, present[..., None]], dim=-1)
        x = self.enter(x.flatten(1))
        for block in self.blocks:
            x = x + block(x)
        out = self.leave(x).unflatten(1, (JOINT_COUNT, -1))
        places, sigmas, logits = out[..., :2], out[..., 2:4], out[..., 4:]
        return Lifted(places * spread + centre, (sigmas.exp() * 0.1 * spread).clamp(*_SIGMA), logits,
                      self.known(keypoints))
