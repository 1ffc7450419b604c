"""The same network in fewer steps, for inference: exact algebra, applied when weights are loaded.

- Normalisation of pixels and BatchNorm are folded into the convolutions next to them.
- The last convolution of the features is linear, and so is that which reads them: both become one (a seventh
  of `full`). What reads the concatenated maps is linear in each: the shares are added, nothing is copied.
- Mean and spread of the softmax volume are sums over its bins: one matrix product with the bins' coordinates,
  instead of passes over the volume for each marginal.
- Without keypoints the prior's maps are a constant, which goes into a bias.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from hemlets_ros.geometry.crop import MEAN_RGB, STD_RGB
from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.model.network import HEMlets, SoftArgmax, with_peaks
from hemlets_ros.model.pixels import normalise
from hemlets_ros.model.prior import PRIOR_CHANNELS
from hemlets_ros.skeleton import COCO_NAMES, JOINT_COUNT


def for_inference(network: HEMlets, fuse: bool = True) -> nn.Module:
    """A network that takes crops as they are: (N, 256, 256, 3) uint8 BGR, and perhaps keypoints as
    `HEMlets.volume` takes them -> joints (N, 18, 3) and spread (N, 18), as `HEMlets.predict` gives them.

    fuse: in fewer steps; else layer by layer, as it was trained. The network itself stays as it is.
    """
    return FusedHEMlets(network) if fuse else _AsTrained(network).eval()


class _AsTrained(nn.Module):

    def __init__(self, network: HEMlets) -> None:
        super().__init__()
        self.network = copy.deepcopy(network).requires_grad_(False)
        self.prior = self.network.prior

    def forward(self, crops: Tensor, keypoints: Tensor | None = None) -> tuple[Tensor, Tensor]:
        prediction = self.network.predict(normalise(crops, crops.device), keypoints)
        return prediction.joints, prediction.spread


class FusedHEMlets(nn.Module):
    """See `for_inference`; to be used without gradients."""

    def __init__(self, network: HEMlets) -> None:
        super().__init__()
        network = copy.deepcopy(network).eval().requires_grad_(False)
        for parent in network.modules():
            _fold_batch_norms(parent)
        self.config = network.config
        self.backbone, self.neck, self.prior = network.backbone, network.neck, network.prior
        _take_pixels(next(_convolutions(self.backbone)))
        place = network.volume_reg.across.device
        mean_bgr = torch.tensor(MEAN_RGB[::-1].copy(), dtype=torch.float32, device=place)
        self.register_buffer('mean', mean_bgr.view(3, 1, 1))

        *feature, last = network.conv_feature.children()
        self.feature, self.maps = nn.Sequential(*feature), network.conv_FBI
        self.encoder = network.FBI_encoder
        reading = network.conv_tail[0]
        widths = [network.config.feature_channels, network.config.channels]
        shares = reading.weight.split(widths + [PRIOR_CHANNELS] * (self.prior is not None), dim=1)
        self.from_feature = _composed(last, shares[0], reading.bias)
        self.from_maps = _pointwise(shares[1])
        if self.prior is not None:
            self.from_keypoints = _pointwise(shares[2])
            nothing = self.prior.maps(torch.zeros(1, len(COCO_NAMES), 3, device=reading.weight.device))
            said = self.from_keypoints(nothing)[0, :, 0, 0]
            self.register_buffer('bias_alone', self.from_feature.bias + said)
        self.to_volume = network.conv_tail[-1]
        self.moments = _Moments(network.volume_reg)
        self.eval()

    def forward(self, crops: Tensor, keypoints: Tensor | None = None) -> tuple[Tensor, Tensor]:
        pixels = crops.permute(0, 3, 1, 2).to(torch.float32)
        size = self.config.input_px
        if size != CROP_SIZE_PX:
            pixels = nn.functional.interpolate(pixels, (size, size), mode='bilinear', align_corners=False)
        pixels = pixels - self.mean
        deep = self.backbone(pixels) if self.neck is None else self.neck(self.backbone, pixels)
        known = self.prior is not None and keypoints is not None
        read, bias = self.from_feature, self.from_feature.bias
        if self.prior is not None and not known:
            bias = self.bias_alone
        hidden = nn.functional.conv2d(self.feature(deep), read.weight, bias, padding=read.padding)
        maps = self.maps(deep)
        hidden += self.from_maps(self.encoder(maps))
        if known:
            sure = self.prior.lifter.known(keypoints)  # as they come, as in HEMlets.predict
            keypoints = self.prior.sides(keypoints, maps[:, :JOINT_COUNT])
            hidden += self.from_keypoints(self.prior.maps(keypoints))
        volume = self.to_volume(hidden.relu_())
        if not known:
            return self.moments(volume, (), None)
        return self.moments(volume, self.prior.separate_evidence(keypoints), sure)


class _Moments(nn.Module):
    """Volume logits (N, 18 * D, M, M) -> mean (N, 18, 3) in [-0.5, 0.5] and spread (N, 18) of the softmax."""

    def __init__(self, original: SoftArgmax) -> None:
        super().__init__()
        self.power = original.power
        across, depth = original.across - 0.5, original.dis_map[0] - 0.5
        self.register_buffer('across', across)
        y, x = (each.flatten() for each in torch.meshgrid(across, across, indexing='ij'))
        self.register_buffer('plane', torch.stack([torch.ones_like(x), x, y, x * x + y * y]))  # (4, M * M)
        self.register_buffer('depth', torch.stack([depth ** 0, depth, depth * depth], dim=-1))  # (18, D, 3)

    def forward(self, logits: Tensor, evidence: tuple[Tensor, ...],
                sure: Tensor | None) -> tuple[Tensor, Tensor]:
        """evidence: what to add to the logits, each of a shape that goes with (N, 18, D, M, M).

        sure: as in SoftArgmax.
        """
        with torch.autocast(logits.device.type, enabled=False):
            volume = logits.float().unflatten(1, (JOINT_COUNT, -1))
            for each in evidence:
                volume += each
            volume = (volume - volume.amax((2, 3, 4), keepdim=True)).exp_()
            # The short side first: a product with four columns is many times slower than one with four rows.
            sums = self.plane.matmul(volume.flatten(3).flatten(1, 2).transpose(1, 2))  # (N, 4, 18 * D)
            sums = sums.unflatten(2, (JOINT_COUNT, -1)).transpose(1, 2).matmul(self.depth)
            # (N, 18, 4, 3): of 1, x, y, x^2 + y^2 times 1, z, z^2
            sums = sums / sums[..., :1, :1]
            mean = torch.stack([sums[..., 1, 0], sums[..., 2, 0], sums[..., 0, 1]], dim=-1)
            square = sums[..., 3, 0] + sums[..., 0, 2]
            spread = (square - mean.square().sum(-1)).clamp(min=0).sqrt()
            if self.power != 1:
                mean = with_peaks(mean, volume.sum(2), self.across, self.power, sure)
            return mean, spread


def _fold_batch_norms(parent: nn.Module) -> None:
    """Folds each BatchNorm among the children into the convolution before it."""
    before: tuple[str, nn.Module] | None = None
    for name, child in list(parent.named_children()):
        if isinstance(child, nn.BatchNorm2d) and before is not None \
                and isinstance(before[1], (nn.Conv2d, nn.ConvTranspose2d)):
            setattr(parent, before[0], fuse_conv_bn_eval(
                before[1], child, transpose=isinstance(before[1], nn.ConvTranspose2d)))
            setattr(parent, name, nn.Identity())
        before = name, child


def _convolutions(module: nn.Module) -> Iterator[nn.Conv2d]:
    return (each for each in module.modules() if isinstance(each, nn.Conv2d))


def _take_pixels(first: nn.Conv2d) -> None:
    """Makes the first convolution read BGR minus its mean, instead of normalised RGB."""
    std = torch.tensor(STD_RGB, dtype=torch.float32, device=first.weight.device).view(1, 3, 1, 1)
    first.weight.copy_((first.weight / std).flip(1))


def _composed(inner: nn.Conv2d, outer: Tensor, bias: Tensor) -> nn.Conv2d:
    """The convolution that equals `inner`, then one of 1 x 1 with weight `outer` (O, C, 1, 1) and `bias`."""
    result = nn.Conv2d(inner.in_channels, len(outer), inner.kernel_size, padding=inner.padding,
                       device=outer.device).requires_grad_(False)
    matrix = outer.flatten(1).double()
    result.weight.copy_((matrix @ inner.weight.flatten(1).double()).view_as(result.weight))
    result.bias.copy_(matrix @ inner.bias.double() + bias.double())
    return result


def _pointwise(weight: Tensor) -> nn.Conv2d:
    result = nn.Conv2d(weight.shape[1], len(weight), 1, bias=False, device=weight.device)
    result.requires_grad_(False).weight.copy_(weight)
    return result
