"""The HEMlets network (ICCV 2019, sec. 3; TPAMI 2021): crops -> joints in 3D, by way of heatmap triplets.

Module names are those of the authors' released state dict, so that it loads with strict=True.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

import torch
import torchvision
from torch import Tensor, nn

from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.model.keypoint_prior import KeypointPrior
from hemlets_ros.model.model_config import PRIOR_CHANNELS, ModelConfig
from hemlets_ros.model.pyramid import Pyramid, separable
from hemlets_ros.people import WeightsInfo
from hemlets_ros.skeleton import COCO_NAMES, JOINT_COUNT, MAP_COUNT

Marginals = tuple[Tensor, Tensor, Tensor]


class Prediction(NamedTuple):
    """What the network says about N crops."""

    joints: Tensor  # (N, 18, 3) x, y, z in [-0.5, 0.5] of the crop's width, height and depth range
    spread: Tensor  # (N, 18) standard deviation of the joint's volume, in the same unit
    maps: Tensor  # (N, 60, M, M) 18 joint heatmaps, then 14 x 3 part triplets


class HEMlets(nn.Module):
    """Normalised RGB crops (N, 3, 256, 256) -> joints (N, 18, 3) in [-0.5, 0.5]."""

    weights: WeightsInfo  # of a network that `load` has made

    def __init__(self, config: ModelConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or ModelConfig()
        self.backbone, width = _backbone(config.backbone)
        self.neck = Pyramid(config.channels) if config.neck == 'pyramid' else None
        branch = _head if config.neck == 'pyramid' else _Upsampling
        self.conv_feature = branch(width, config, config.feature_channels)
        self.conv_FBI = branch(width, config, MAP_COUNT)
        self.FBI_encoder = nn.Sequential(
            nn.Conv2d(MAP_COUNT, config.channels, 3, padding=1),
            nn.BatchNorm2d(config.channels), nn.ReLU(inplace=True))
        self.prior = KeypointPrior(config.lifter_width, config.lifter_blocks, config.depth_bins,
                                   config.map_size) if config.prior else None
        entering = config.feature_channels + config.channels + PRIOR_CHANNELS * config.prior
        self.conv_tail = nn.Sequential(
            nn.Conv2d(entering, config.feature_channels, 1),
            nn.BatchNorm2d(config.feature_channels), nn.ReLU(inplace=True),
            nn.Conv2d(config.feature_channels, JOINT_COUNT * config.depth_bins, 1))
        self.volume_reg = SoftArgmax(config.depth_bins, config.map_size, config.softargmax_exponent)
        self._initialise()

    def forward(self, crops: Tensor, keypoints: Tensor | None = None) -> Tensor:
        """(N, 3, 256, 256) -> joints (N, 18, 3)."""
        return self.predict(crops, keypoints).joints

    def forward_with_maps(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 3, 256, 256) -> joints (N, 18, 3) and the 60 maps (N, 60, M, M)."""
        prediction = self.predict(crops)
        return prediction.joints, prediction.maps

    def predict(self, crops: Tensor, keypoints: Tensor | None = None) -> Prediction:
        """(N, 3, 256, 256) and optionally a detector's keypoints, as in `volume` -> joints, spread, maps."""
        if crops.ndim != 4 or tuple(crops.shape[1:]) != (3, CROP_SIZE_PX, CROP_SIZE_PX):
            raise ValueError(f'crops must have shape (N, 3, {CROP_SIZE_PX}, {CROP_SIZE_PX}), '
                             f'not {tuple(crops.shape)}')
        size = self.config.input_px
        if size != CROP_SIZE_PX:
            crops = nn.functional.interpolate(crops, (size, size), mode='bilinear', align_corners=False)
        volume, maps = self.volume(crops, keypoints)
        joints, spread = self.volume_reg(volume, self.sure(keypoints))
        return Prediction(joints, spread, maps)

    def sure(self, keypoints: Tensor | None) -> Tensor | None:
        """(N,) bool: of whom there are keypoints, as in `volume`; None: of nobody."""
        return None if self.prior is None or keypoints is None else self.prior.lifter.known(keypoints)

    def lifted(self, keypoints: Tensor) -> Prediction:
        """What keypoints alone say, as in `volume`, without maps. Only for a network with a prior."""
        if self.prior is None:
            raise ValueError('this network has no keypoint prior')
        # Not by way of the volume: its bins are wider than most places are uncertain.
        lifted = self.prior.lifter(keypoints)
        depth, variance = self.volume_reg.along_depth(lifted.depth_logits.softmax(-1))
        joints = torch.cat([lifted.places, depth[..., None]], dim=-1) * lifted.known[:, None, None]
        spread = (lifted.sigmas.square().sum(-1) + variance).sqrt()
        return Prediction(joints, spread, joints.new_zeros(len(joints), 0, 0, 0))

    def volume(self, crops: Tensor, keypoints: Tensor | None = None,
               correct: Callable[[Tensor, Tensor], Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """Crops (N, 3, S, S), S = config.input_px -> logits (N, 18, D, M, M) and the 60 maps (N, 60, M, M).

        keypoints: (N, 17, 3) COCO's, x and y in [-0.5, 0.5] of the crop, and score, 0 where absent; None: all
        absent. A network without a prior takes no notice of them.
        correct: (keypoints, maps) -> the keypoints to use instead, once the image's own maps are known.
        """
        deep = self.backbone(crops) if self.neck is None else self.neck(self.backbone, crops)
        maps = self.conv_FBI(deep)
        features = [self.conv_feature(deep), self.FBI_encoder(maps)]
        evidence: Tensor | None = None
        if self.prior is not None:
            if keypoints is None:
                keypoints = crops.new_zeros(len(crops), len(COCO_NAMES), 3)
            elif correct is not None:
                keypoints = correct(keypoints, maps)
            features.append(self.prior.maps(keypoints))
            evidence = self.prior.evidence(keypoints)
        volume = self.conv_tail(torch.cat(features, dim=1)).unflatten(1, (JOINT_COUNT, -1))
        return volume if evidence is None else volume + evidence, maps

    def _initialise(self) -> None:
        # Small heads as in the paper; the backbone keeps torchvision's initialisation. Those of the pyramid
        # would pass on too little: of it only what leads into the volume is small.
        small = '' if self.neck is None else 'conv_tail.3'
        for name, module in self.named_modules():
            if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)) and name.startswith(small) \
                    and not name.startswith('backbone'):
                nn.init.normal_(module.weight, std=0.001)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)


class _Upsampling(nn.Module):
    """Backbone maps (N, C, 8, 8) -> (N, out, M, M)."""

    def __init__(self, width: int, config: ModelConfig, out: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for step in range(config.upsamplings):
            layers += [
                nn.ConvTranspose2d(config.channels if step else width, config.channels, 4, stride=2,
                                   padding=1, bias=False),
                nn.BatchNorm2d(config.channels), nn.ReLU(inplace=True)]
        self.conv_body = nn.Sequential(*layers)
        self.conv_tail = nn.Conv2d(config.channels, out, 3, padding=1)

    def forward(self, deep: Tensor) -> Tensor:
        maps: Tensor = self.conv_tail(self.conv_body(deep))
        return maps


def _head(width: int, config: ModelConfig, out: int) -> nn.Sequential:
    """The pyramid's features (N, channels, M, M) -> (N, out, M, M)."""
    return nn.Sequential(separable(config.channels, config.channels), nn.Conv2d(config.channels, out, 1))


class SoftArgmax(nn.Module):
    """Volume logits (N, J, D, M, M) -> expected positions (N, J, 3), x y z, and their spread (N, J).

    Bin i of n lies at i / (n - 1) - 0.5 (Integral Human Pose, Sun et al. 2018; HEMlets, sec. 3.3).
    power: see ModelConfig.softargmax_exponent; of those who are `sure` it is 1.
    """

    dis_map: Tensor
    across: Tensor

    def __init__(self, depth_bins: int, map_size: int, power: int = 1) -> None:
        super().__init__()
        self.power = power
        # The authors keep the depth bins' positions, once a joint, in their state dict.
        self.register_buffer('dis_map', _positions(depth_bins).expand(1, JOINT_COUNT, -1).clone())
        self.register_buffer('across', _positions(map_size), persistent=False)

    def forward(self, volume: Tensor, sure: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """sure: (N,) bool; None: nobody is."""
        planes, depth = self._projections(volume)
        joints, spread = self.expectation((planes.sum(2), planes.sum(3), depth))
        if self.power == 1:
            return joints, spread
        return with_peaks(joints, planes, self.across - 0.5, self.power, sure), spread

    def marginals(self, volume: Tensor) -> Marginals:
        """Logits (N, J, D, M, M) -> the softmax volume's marginals over x, y (N, J, M) and z (N, J, D)."""
        planes, depth = self._projections(volume)
        return planes.sum(2), planes.sum(3), depth

    @staticmethod
    def _projections(volume: Tensor) -> tuple[Tensor, Tensor]:
        """(N, J, M, M) over y, x and (N, J, D) over z."""
        probability = volume.flatten(2).softmax(dim=2).view_as(volume)  # (N, J, z, y, x)
        return probability.sum(dim=2), probability.sum(dim=(3, 4))

    def along_depth(self, share: Tensor) -> tuple[Tensor, Tensor]:
        """Shares of depth bins (N, J, D) -> expected depth in [-0.5, 0.5] and its variance, (N, J) each."""
        mean, square = (share * self.dis_map).sum(-1), (share * self.dis_map.square()).sum(-1)
        return mean - 0.5, (square - mean.square()).clamp(min=0)

    def expectation(self, marginals: Marginals) -> tuple[Tensor, Tensor]:
        """Marginals -> expected positions (N, J, 3) and spread (N, J)."""
        positions = (self.across, self.across, self.dis_map)
        mean = torch.stack([(m * p).sum(2) for m, p in zip(marginals, positions, strict=True)], 2)
        square = torch.stack([(m * p * p).sum(2)
                              for m, p in zip(marginals, positions, strict=True)], 2)
        variance = (square - mean * mean).clamp(min=0).sum(2)
        return mean - 0.5, variance.sqrt()


def with_peaks(joints: Tensor, planes: Tensor, bins: Tensor, power: int, sure: Tensor | None) -> Tensor:
    """Joints (N, J, 3), with the x and y of those who are not sure (N,) nearer to the peak of their plane.

    planes: (N, J, M, M) over y and x, in any unit. bins: (M,) their places.
    """
    sharp = planes.pow(power)
    sharp = sharp / sharp.sum(dim=(2, 3), keepdim=True)
    places = torch.stack([(sharp.sum(2) * bins).sum(2), (sharp.sum(3) * bins).sum(2)], dim=-1)
    if sure is not None:
        places = torch.where(sure[:, None, None], joints[..., :2], places)
    return torch.cat([places, joints[..., 2:]], dim=-1)


def _positions(bins: int) -> Tensor:
    return torch.arange(bins, dtype=torch.float32) / max(bins - 1, 1)


def _backbone(name: str) -> tuple[nn.Module, int]:
    """The convolutions of an image classifier, (N, 3, 256, 256) -> (N, width, 8, 8), and the width."""
    if name == 'resnet50':
        layers = torchvision.models.resnet50(weights=None).named_children()
        kept = OrderedDict((key, layer) for key, layer in layers if key not in ('avgpool', 'fc'))
        return nn.Sequential(kept), 2048
    # Without the last layer, 320 -> 1280, which serves the classifier.
    return torchvision.models.mobilenet_v2(weights=None).features[:-1], 320
