"""The network rearranged for faster inference. The result is the same up to rounding.

The weights are converted once, when they are loaded (fused_weights.py):

- Pixel normalisation and BatchNorm are folded into the adjacent convolutions.
- The last convolution of the feature branch and the first convolution of `conv_tail` have no activation
  between them, so they are merged into one (a seventh of the operations of `full`).
- `conv_tail` reads concatenated maps. Its convolution is split by input, and the outputs are added; the maps
  are not concatenated.
- Mean and standard deviation of the softmax volume are sums over its bins. They are computed by matrix
  products with the bins' coordinates, instead of one pass over the volume for each marginal.
- Without keypoints the maps of the prior are constant, and they are added to a bias.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from hemlets_ros.geometry.crop import MEAN_RGB
from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.model.fused_weights import fused_weights
from hemlets_ros.model.image_joints import image_joints
from hemlets_ros.model.network import HEMlets, SoftArgmax, sharpen_xy
from hemlets_ros.model.pixels import normalise
from hemlets_ros.skeleton import COCO_NAMES, JOINT_COUNT


def for_inference(network: HEMlets, fuse: bool = True) -> nn.Module:
    """Returns a module that runs a copy of the network on unprocessed crops.

    Its inputs are crops (N, 256, 256, 3) uint8 BGR and optionally keypoints as in `HEMlets.volume`. Its
    outputs are joints (N, 18, 3) and spread (N, 18) as in `HEMlets.predict`, and `image_joints` (N, 18, 3).

    fuse: use the faster form of this module; otherwise run the layers as trained.
    """
    return FusedHEMlets(network) if fuse else _AsTrained(network).eval()


class _AsTrained(nn.Module):

    def __init__(self, network: HEMlets) -> None:
        super().__init__()
        self.network = copy.deepcopy(network).requires_grad_(False)
        self.prior = self.network.prior

    def forward(self, crops: Tensor, keypoints: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        prediction = self.network.predict(normalise(crops, crops.device), keypoints)
        bins = self.network.volume_reg.across - 0.5
        return prediction.joints, prediction.spread, image_joints(prediction.maps, bins)


class FusedHEMlets(nn.Module):
    """See `for_inference`. For use without gradients."""

    mean: Tensor
    bias_alone: Tensor

    def __init__(self, network: HEMlets) -> None:
        super().__init__()
        device = network.volume_reg.across.device
        network = copy.deepcopy(network).cpu().eval().requires_grad_(False)
        values = fused_weights({name: value.numpy() for name, value in network.state_dict().items()},
                               network.config)
        for parent in network.modules():
            _drop_batch_norms(parent)
        self.config = network.config
        self.backbone, self.neck, self.prior = network.backbone, network.neck, network.prior
        mean_bgr = torch.tensor(MEAN_RGB[::-1].copy(), dtype=torch.float32)
        self.register_buffer('mean', mean_bgr.view(3, 1, 1))

        *feature, last = network.conv_feature.children()
        self.feature, self.maps = nn.Sequential(*feature), network.conv_FBI
        self.encoder = network.FBI_encoder
        assert isinstance(last, nn.Conv2d)
        self.from_feature, self.from_maps = last, nn.Conv2d(1, 1, 1, bias=False)
        if self.prior is not None:
            self.from_keypoints = nn.Conv2d(1, 1, 1, bias=False)
        self.to_volume = network.conv_tail[-1]
        self.moments = _Moments(network.volume_reg)
        for name, value in values.items():
            _set(self, name, torch.from_numpy(value))
        if self.prior is not None:
            without_keypoints = self.prior.maps(torch.zeros(1, len(COCO_NAMES), 3))
            constant = self.from_keypoints(without_keypoints)[0, :, 0, 0]
            assert self.from_feature.bias is not None
            self.register_buffer('bias_alone', self.from_feature.bias + constant)
        self.eval().requires_grad_(False).to(device)

    def forward(self, crops: Tensor, keypoints: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        pixels = crops.permute(0, 3, 1, 2).to(torch.float32)
        size = self.config.input_px
        if size != CROP_SIZE_PX:
            pixels = nn.functional.interpolate(pixels, (size, size), mode='bilinear', align_corners=False)
        pixels = pixels - self.mean
        deep = self.backbone(pixels) if self.neck is None else self.neck(self.backbone, pixels)
        read = self.from_feature
        bias = read.bias if self.prior is None or keypoints is not None else self.bias_alone
        hidden = nn.functional.conv2d(self.feature(deep), read.weight, bias, padding=read.padding)
        maps = self.maps(deep)
        hidden += self.from_maps(self.encoder(maps))
        prior_logits: tuple[Tensor, ...] = ()
        has_keypoints: Tensor | None = None
        if self.prior is not None and keypoints is not None:
            hidden += self.from_keypoints(self.prior.maps(keypoints))
            prior_logits = self.prior.separate_logits(keypoints)
            has_keypoints = self.prior.lifter.known(keypoints)
        volume = self.to_volume(hidden.relu_())
        seen = image_joints(maps, self.moments.across)
        return (*self.moments(volume, prior_logits, has_keypoints), seen)


class _Moments(nn.Module):
    """Volume logits (N, 18 * D, M, M) -> mean (N, 18, 3) in [-0.5, 0.5] and standard deviation (N, 18)."""

    across: Tensor
    plane: Tensor
    depth: Tensor

    def __init__(self, original: SoftArgmax) -> None:
        super().__init__()
        self.power = original.power
        across, depth = original.across - 0.5, original.dis_map[0] - 0.5
        self.register_buffer('across', across)
        y, x = (each.flatten() for each in torch.meshgrid(across, across, indexing='ij'))
        self.register_buffer('plane', torch.stack([torch.ones_like(x), x, y, x * x + y * y]))  # (4, M * M)
        self.register_buffer('depth', torch.stack([depth ** 0, depth, depth * depth], dim=-1))  # (18, D, 3)

    def forward(self, logits: Tensor, prior_logits: tuple[Tensor, ...],
                has_keypoints: Tensor | None) -> tuple[Tensor, Tensor]:
        """Computes both moments.

        prior_logits: added to the logits; each broadcasts to (N, 18, D, M, M).
        has_keypoints: as in SoftArgmax.
        """
        with torch.autocast(logits.device.type, enabled=False):
            volume = logits.float().unflatten(1, (JOINT_COUNT, -1))
            for each in prior_logits:
                volume += each
            volume = (volume - volume.amax((2, 3, 4), keepdim=True)).exp_()
            # `plane` is the left factor: a product with four columns is many times slower.
            sums = self.plane.matmul(volume.flatten(3).flatten(1, 2).transpose(1, 2))  # (N, 4, 18 * D)
            sums = sums.unflatten(2, (JOINT_COUNT, -1)).transpose(1, 2).matmul(self.depth)
            # (N, 18, 4, 3): of 1, x, y, x^2 + y^2 times 1, z, z^2
            sums = sums / sums[..., :1, :1]
            mean = torch.stack([sums[..., 1, 0], sums[..., 2, 0], sums[..., 0, 1]], dim=-1)
            square = sums[..., 3, 0] + sums[..., 0, 2]
            spread = (square - mean.square().sum(-1)).clamp(min=0).sqrt()
            if self.power != 1:
                mean = sharpen_xy(mean, volume.sum(2), self.across, self.power, has_keypoints)
            return mean, spread


def _drop_batch_norms(parent: nn.Module) -> None:
    """Replaces BatchNorm children by the identity; they are folded into the preceding convolutions."""
    for name, child in list(parent.named_children()):
        if isinstance(child, nn.BatchNorm2d):
            setattr(parent, name, nn.Identity())


def _set(network: nn.Module, name: str, value: Tensor) -> None:
    """Replaces a parameter; the new value may have another shape."""
    owner, _, own = name.rpartition('.')
    setattr(network.get_submodule(owner), own, nn.Parameter(value, requires_grad=False))
