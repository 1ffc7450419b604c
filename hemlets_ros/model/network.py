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
    """Output of the network for N crops."""

    joints: Tensor  # (N, 18, 3) x, y, z in [-0.5, 0.5] of the crop's width, height and depth range
    spread: Tensor  # (N, 18) standard deviation of the joint's softmax volume, in the same unit
    maps: Tensor  # (N, 60, M, M) 18 joint heatmaps, then 14 x 3 part triplets


class HEMlets(nn.Module):
    """Normalised RGB crops (N, 3, 256, 256) -> joints (N, 18, 3) in [-0.5, 0.5]."""

    weights: WeightsInfo  # set by `load`

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
        """Crops (N, 3, 256, 256) and optionally keypoints as in `volume` -> joints, spread, maps.

        Raises ValueError for crops of another shape.
        """
        if crops.ndim != 4 or tuple(crops.shape[1:]) != (3, CROP_SIZE_PX, CROP_SIZE_PX):
            raise ValueError(f'crops must have shape (N, 3, {CROP_SIZE_PX}, {CROP_SIZE_PX}), '
                             f'not {tuple(crops.shape)}')
        size = self.config.input_px
        if size != CROP_SIZE_PX:
            crops = nn.functional.interpolate(crops, (size, size), mode='bilinear', align_corners=False)
        volume, maps = self.volume(crops, keypoints)
        joints, spread = self.volume_reg(volume, self.has_keypoints(keypoints))
        return Prediction(joints, spread, maps)

    def has_keypoints(self, keypoints: Tensor | None) -> Tensor | None:
        """(N,) bool: whether a crop has enough keypoints for the prior; None: no crop has any.

        keypoints: as in `volume`.
        """
        return None if self.prior is None or keypoints is None else self.prior.lifter.known(keypoints)

    def lifted(self, keypoints: Tensor) -> Prediction:
        """Prediction from the keypoints alone (as in `volume`), without maps.

        Raises ValueError for a network without a keypoint prior.
        """
        if self.prior is None:
            raise ValueError('this network has no keypoint prior')
        # The volume is not used: its bins are wider than most standard deviations of the lifted positions.
        lifted = self.prior.lifter(keypoints)
        depth, variance = self.volume_reg.along_depth(lifted.depth_logits.softmax(-1))
        joints = torch.cat([lifted.places, depth[..., None]], dim=-1) * lifted.known[:, None, None]
        spread = (lifted.sigmas.square().sum(-1) + variance).sqrt()
        return Prediction(joints, spread, joints.new_zeros(len(joints), 0, 0, 0))

    def volume(self, crops: Tensor, keypoints: Tensor | None = None,
               correct: Callable[[Tensor, Tensor], Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """Crops (N, 3, S, S), S = config.input_px -> logits (N, 18, D, M, M) and the 60 maps (N, 60, M, M).

        keypoints: (N, 17, 3) in COCO's order: x and y in [-0.5, 0.5] of the crop, and score (0: absent);
        None: all are absent. A network without a keypoint prior ignores them.
        correct: (keypoints, maps) -> corrected keypoints; called when the 60 maps have been computed.
        """
        deep = self.backbone(crops) if self.neck is None else self.neck(self.backbone, crops)
        maps = self.conv_FBI(deep)
        features = [self.conv_feature(deep), self.FBI_encoder(maps)]
        prior_logits: Tensor | None = None
        if self.prior is not None:
            if keypoints is None:
                keypoints = crops.new_zeros(len(crops), len(COCO_NAMES), 3)
            elif correct is not None:
                keypoints = correct(keypoints, maps)
            features.append(self.prior.maps(keypoints))
            prior_logits = self.prior.logits(keypoints)
        volume = self.conv_tail(torch.cat(features, dim=1)).unflatten(1, (JOINT_COUNT, -1))
        return volume if prior_logits is None else volume + prior_logits, maps

    def _initialise(self) -> None:
        # The heads get small weights as in the paper; the backbone keeps torchvision's initialisation. With a
        # pyramid, small weights in every layer would make activations vanish, so only the layer that computes
        # the volume gets them.
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
    """Volume logits (N, J, D, M, M) -> mean positions (N, J, 3), x y z, and standard deviations (N, J).

    Bin i of n lies at i / (n - 1) - 0.5 (Integral Human Pose, Sun et al. 2018; HEMlets, sec. 3.3).
    power: see ModelConfig.softargmax_exponent; it applies to crops without keypoints only.
    """

    dis_map: Tensor
    across: Tensor

    def __init__(self, depth_bins: int, map_size: int, power: int = 1) -> None:
        super().__init__()
        self.power = power
        # The authors' state dict contains the positions of the depth bins, repeated for each joint.
        self.register_buffer('dis_map', _positions(depth_bins).expand(1, JOINT_COUNT, -1).clone())
        self.register_buffer('across', _positions(map_size), persistent=False)

    def forward(self, volume: Tensor, has_keypoints: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """has_keypoints: (N,) bool, see HEMlets.has_keypoints; None: no crop has any."""
        planes, depth = self._projections(volume)
        joints, spread = self.expectation((planes.sum(2), planes.sum(3), depth))
        if self.power == 1:
            return joints, spread
        return sharpen_xy(joints, planes, self.across - 0.5, self.power, has_keypoints), spread

    def marginals(self, volume: Tensor) -> Marginals:
        """Logits (N, J, D, M, M) -> the softmax volume's marginals over x, y (N, J, M) and z (N, J, D)."""
        planes, depth = self._projections(volume)
        return planes.sum(2), planes.sum(3), depth

    @staticmethod
    def _projections(volume: Tensor) -> tuple[Tensor, Tensor]:
        """Marginals of the softmax volume: (N, J, M, M) over y, x and (N, J, D) over z."""
        probability = volume.flatten(2).softmax(dim=2).view_as(volume)  # (N, J, z, y, x)
        return probability.sum(dim=2), probability.sum(dim=(3, 4))

    def along_depth(self, share: Tensor) -> tuple[Tensor, Tensor]:
        """Probabilities of depth bins (N, J, D) -> mean depth in [-0.5, 0.5] and variance, (N, J) each."""
        mean, square = (share * self.dis_map).sum(-1), (share * self.dis_map.square()).sum(-1)
        return mean - 0.5, (square - mean.square()).clamp(min=0)

    def expectation(self, marginals: Marginals) -> tuple[Tensor, Tensor]:
        """Marginals -> mean positions (N, J, 3) and standard deviations (N, J)."""
        positions = (self.across, self.across, self.dis_map)
        mean = torch.stack([(m * p).sum(2) for m, p in zip(marginals, positions, strict=True)], 2)
        square = torch.stack([(m * p * p).sum(2)
                              for m, p in zip(marginals, positions, strict=True)], 2)
        variance = (square - mean * mean).clamp(min=0).sum(2)
        return mean - 0.5, variance.sqrt()


def sharpen_xy(joints: Tensor, planes: Tensor, bins: Tensor, power: int,
               has_keypoints: Tensor | None) -> Tensor:
    """Replaces x and y of joints (N, J, 3) by the mean of `planes` to a power, for crops without keypoints.

    planes: (N, J, M, M), unnormalised distribution over y and x.
    bins: (M,) coordinates of its rows and columns.
    has_keypoints: (N,) bool: crops whose joints stay as they are; None: there are none.
    """
    sharp = planes.pow(power)
    sharp = sharp / sharp.sum(dim=(2, 3), keepdim=True)
    places = torch.stack([(sharp.sum(2) * bins).sum(2), (sharp.sum(3) * bins).sum(2)], dim=-1)
    if has_keypoints is not None:
        places = torch.where(has_keypoints[:, None, None], joints[..., :2], places)
    return torch.cat([places, joints[..., 2:]], dim=-1)


def _positions(bins: int) -> Tensor:
    return torch.arange(bins, dtype=torch.float32) / max(bins - 1, 1)


def _backbone(name: str) -> tuple[nn.Module, int]:
    """Convolutional layers of an image classifier, (N, 3, 256, 256) -> (N, width, 8, 8), and the width."""
    if name == 'resnet50':
        layers = torchvision.models.resnet50(weights=None).named_children()
        kept = OrderedDict((key, layer) for key, layer in layers if key not in ('avgpool', 'fc'))
        return nn.Sequential(kept), 2048
    # The last layer, 320 -> 1280, is dropped: only the classifier needs it.
    return torchvision.models.mobilenet_v2(weights=None).features[:-1], 320
