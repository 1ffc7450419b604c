"""The loss L = L3D_lambda + alpha (L_2D + L_HEM) (HEMlets, sec. 3.4); unknown labels add nothing to it.

Each sample's loss is normalised by constants, never by the number of labels in the batch. A batch can
therefore be split over machines in any way, and its gradient is the mean of its samples' gradients.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from hemlets_ros.lab.training.targets import joint_maps, triplet_maps
from hemlets_ros.model.network import Marginals
from hemlets_ros.skeleton import JOINT_COUNT, PARTS


class Labels(NamedTuple):
    """Labels of N crops; unknown entries may hold any finite value."""

    joints: Tensor  # (N, 18, 3) in [-0.5, 0.5] of crop and depth range
    known_2d: Tensor  # (N, 18) bool
    known_map: Tensor  # (N, 18) bool: known_2d and inside the crop
    known_depth: Tensor  # (N, 18) bool
    ordinal: Tensor  # (N, 14) in {-1, 0, 1}
    known_ordinal: Tensor  # (N, 14) bool
    weight: Tensor  # (N,) sample weights, set per data set


class Losses(NamedTuple):
    """The loss terms, averaged over the batch, before weighting by alpha."""

    joints: Tensor  # L3D_lambda
    maps_2d: Tensor  # L_2D
    triplets: Tensor  # L_HEM
    marginals: Tensor  # not in the paper: see `marginal_loss`


def losses(joints: Tensor, maps: Tensor, marginals: Marginals, labels: Labels,
           sigma_px: float) -> Losses:
    """All terms for predictions joints (N, 18, 3), maps (N, 60, M, M) and the volume's marginals."""
    truth = joint_maps(labels.joints, maps.shape[-1], sigma_px)
    triplets = triplet_maps(truth, labels.ordinal)
    known_parts = labels.known_ordinal & labels.known_map[:, PARTS[:, 0]] & labels.known_map[:, PARTS[:, 1]]
    terms = (
        joint_loss(joints, labels),
        _map_loss(maps[:, :JOINT_COUNT], truth, labels.known_map),
        _map_loss(maps[:, JOINT_COUNT:], triplets, known_parts.repeat_interleave(3, dim=1)),
        marginal_loss(marginals, labels))
    return Losses(*((labels.weight * term).mean() for term in terms))


def joint_loss(joints: Tensor, labels: Labels) -> Tensor:
    """(N,) L1 distance, summed over axes, mean over joints; depth only where it is known (lambda).

    A joint beyond the crop is clamped to the crop's border, because the soft-argmax cannot reach farther. If
    it were ignored, the network would predict it anywhere in the crop.
    """
    known = torch.stack([labels.known_2d, labels.known_2d, labels.known_depth], dim=-1)
    difference = (joints - labels.joints.clamp(-0.5, 0.5)).abs()
    return torch.where(known, difference, 0).sum(dim=(1, 2)) / JOINT_COUNT


def marginal_loss(marginals: Marginals, labels: Labels) -> Tensor:
    """(N,) cross-entropy of the volume's marginals against one-bin Gaussians, mean over joints.

    The gradient of the expected position is weak while the volume is nearly uniform, above all in depth.
    """
    known = (labels.known_2d, labels.known_2d, labels.known_depth)
    total = torch.zeros_like(labels.weight)
    for axis, (marginal, mask) in enumerate(zip(marginals, known, strict=True)):
        entropy = bin_entropy(marginal.clamp(min=1e-9).log(), labels.joints[..., axis])
        total = total + torch.where(mask, entropy, 0).sum(1) / JOINT_COUNT
    return total


def bin_entropy(log_probability: Tensor, truth: Tensor) -> Tensor:
    """Cross-entropy of distributions over bins (..., D) against one-bin Gaussians at `truth` (...).

    truth: in [-0.5, 0.5]; bin i of D lies at i / (D - 1) - 0.5.
    """
    bins = log_probability.shape[-1]
    at = (truth[..., None] + 0.5) * (bins - 1)
    distance = torch.arange(bins, device=log_probability.device) - at.clamp(0, bins - 1)
    return -(torch.softmax(-distance.square() / 2, dim=-1) * log_probability).sum(-1)


def _map_loss(maps: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """(N,) squared error, summed over pixels, mean over maps; unknown maps have error 0."""
    error = (maps - truth).square().sum(dim=(2, 3))
    return torch.where(known, error, 0).sum(1) / maps.shape[1]
