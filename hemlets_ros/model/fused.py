"""The same network in fewer steps, for inference: exact algebra (fused_weights.py), applied when weights are
loaded.

- Normalisation of pixels and BatchNorm are folded into the convolutions next to them.
- The last convolution of the features is linear, and so is that which reads them: both become one (a seventh
  of `full`). What reads the concatenated maps is linear in each: the shares are added, nothing is copied.
- Mean and spread of the softmax volume are sums over its bins: one matrix product with the bins' coordinates,
  instead of passes over the volume for each marginal.
- Without keypoints the prior's maps are a constant, which goes into a bias.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from hemlets_ros.geometry.crop import MEAN_RGB
from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.model.fused_weights import fused_weights
from hemlets_ros.model.image_joints import image_joints
from hemlets_ros.model.network import HEMlets, SoftArgmax, with_peaks
from hemlets_ros.model.pixels import normalise
from hemlets_ros.skeleton import COCO_NAMES, JOINT_COUNT


def for_inference(network: HEMlets, fuse: bool = True) -> nn.Module:
    """A network that takes crops as they are: (N, 256, 256, 3) uint8 BGR, and perhaps keypoints as
    `HEMlets.volume` takes them -> joints (N, 18, 3) and spread (N, 18), as `HEMlets.predict` gives them, and
    what the image alone shows, (N, 18, 3) of `image_joints`.

    fuse: in fewer steps; else layer by layer, as it was trained. The network itself stays as it is.
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
    """See `for_inference`; to be used without gradients."""

    mean: Tensor
    bias_alone: Tensor

    def __init__(self, network: HEMlets) -> None:
        super().__init__()
        place = network.volume_reg.across.device
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
            nothing = self.prior.maps(torch.zeros(1, len(COCO_NAMES), 3))
            alone = self.from_keypoints(nothing)[0, :, 0, 0]
            assert self.from_feature.bias is not None
            self.register_buffer('bias_alone', self.from_feature.bias + alone)
        self.eval().requires_grad_(False).to(place)

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
        evidence: tuple[Tensor, ...] = ()
        sure: Tensor | None = None
        if self.prior is not None and keypoints is not None:
            hidden += self.from_keypoints(self.prior.maps(keypoints))
            evidence, sure = self.prior.separate_evidence(keypoints), self.prior.lifter.known(keypoints)
        volume = self.to_volume(hidden.relu_())
        seen = image_joints(maps, self.moments.across)
        return (*self.moments(volume, evidence, sure), seen)


class _Moments(nn.Module):
    """Volume logits (N, 18 * D, M, M) -> mean (N, 18, 3) in [-0.5, 0.5] and spread (N, 18) of the softmax."""

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


def _drop_batch_norms(parent: nn.Module) -> None:
    """Takes each BatchNorm from among the children: its numbers are in the convolution before it."""
    for name, child in list(parent.named_children()):
        if isinstance(child, nn.BatchNorm2d):
            setattr(parent, name, nn.Identity())


def _set(network: nn.Module, name: str, value: Tensor) -> None:
    """Sets a parameter, of whatever shape it was."""
    owner, _, own = name.rpartition('.')
    setattr(network.get_submodule(owner), own, nn.Parameter(value, requires_grad=False))
