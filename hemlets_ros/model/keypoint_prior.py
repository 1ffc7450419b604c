"""The detector's keypoints as a prior of the network.

They enter twice: as Gaussian maps, concatenated with the encoded HEMlets; and lifted to 3D (lifter.py), as
log-probabilities that are added to the logits of the volume. The sum of log-probabilities is a product of two
distributions, so the one with the smaller variance dominates. Without keypoints nothing is added.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hemlets_ros.model.lifter import Lifter
from hemlets_ros.model.model_config import PRIOR_CHANNELS
from hemlets_ros.skeleton import COCO_NAMES, JOINT_COUNT

_SIGMA_BINS = 1.0  # standard deviation of a keypoint's Gaussian on the maps
# Standard deviation added in quadrature to that of the lifted positions. Most of those are narrower than a
# bin: without this the position would be rounded to the nearest bin.
_ROUNDING_BINS = 0.5


class KeypointPrior(nn.Module):
    """Maps and logits from keypoints (N, 17, 3): x, y in [-0.5, 0.5] of the crop, and score (0: absent)."""

    bins: Tensor

    def __init__(self, width: int, blocks: int, depth_bins: int, map_size: int) -> None:
        super().__init__()
        self.lifter = Lifter(width, blocks, depth_bins)
        self.encoder = nn.Sequential(
            nn.Conv2d(len(COCO_NAMES), 32, 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(32, PRIOR_CHANNELS, 1), nn.ReLU(inplace=True))
        #: Weight of the prior's log-probabilities, by axis (x, y, z) and joint.
        self.trust = nn.Parameter(torch.full((3, JOINT_COUNT), 1.0))
        self._bin = 1 / (map_size - 1)
        self.register_buffer('bins', torch.arange(map_size) * self._bin - 0.5, persistent=False)

    def maps(self, keypoints: Tensor) -> Tensor:
        """Encoded Gaussian maps (N, PRIOR_CHANNELS, M, M), weighted by the scores."""
        sigma = _SIGMA_BINS * self._bin
        distance = (self.bins - keypoints[..., :2, None]) / sigma  # (N, 17, 2, M)
        x, y = torch.exp(-distance.square() / 2).unbind(2)
        encoded: Tensor = self.encoder(keypoints[..., 2, None, None] * y[..., :, None] * x[..., None, :])
        return encoded

    def logits(self, keypoints: Tensor) -> Tensor:
        """Log-probabilities to add to the volume's logits, (N, 18, D, M, M); 0 without keypoints."""
        across, depth = self.separate_logits(keypoints)
        return depth + across

    def separate_logits(self, keypoints: Tensor) -> tuple[Tensor, Tensor]:
        """The two terms of `logits`: (N, 18, 1, M, M) for x and y, (N, 18, D, 1, 1) for depth."""
        lifted = self.lifter(keypoints)
        sigmas = (lifted.sigmas.square() + (_ROUNDING_BINS * self._bin) ** 2).sqrt()
        distance = (self.bins - lifted.places[..., None]) / sigmas[..., None]  # (N, 18, 2, M)
        x, y = (-distance.square() / 2).unbind(2)
        depth = lifted.depth_logits.log_softmax(-1)
        known = lifted.known[:, None, None]
        x, y, depth = (torch.where(known, weight[:, None] * each, 0) for weight, each in zip(
            self.trust, (x, y, depth), strict=True))
        return y[..., None, :, None] + x[..., None, None, :], depth[..., :, None, None]
