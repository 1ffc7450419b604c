"""The body head while it is trained; hemlets_ros/body/head.py runs what comes out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hemlets_ros.body.bones import BONE_COUNT
from hemlets_ros.body.head import GROUPS, SHAPE
from hemlets_ros.body.head_inputs import INPUT_COUNT
from hemlets_ros.body.image_features import PLACE_COUNT


class HeadNetwork(nn.Module):
    """Names of parameters are those that `BodyHead` reads."""

    def __init__(self, channels: int, projected: int = 24, width: int = 256, blocks: int = 2) -> None:
        super().__init__()
        self.register_buffer('feature_mean', torch.zeros(channels))
        self.register_buffer('feature_scale', torch.ones(channels))
        self.project = nn.ModuleList(nn.Linear(channels, projected) for _ in GROUPS)
        self.enter = nn.Linear(INPUT_COUNT + PLACE_COUNT * projected + 1, width)
        self.blocks = nn.ModuleList(nn.ModuleList([nn.Linear(width, width), nn.Linear(width, width)])
                                    for _ in range(blocks))
        self.turns = nn.Linear(width, 6 * BONE_COUNT)
        self.shape = nn.Linear(width, len(SHAPE))
        self.dropout = nn.Dropout(0.1)
        for last in (self.turns, self.shape):
            nn.init.normal_(last.weight, std=1e-3)
            nn.init.zeros_(last.bias)

    def forward(self, inputs: Tensor, features: Tensor | None, known: Tensor) -> tuple[Tensor, Tensor]:
        """Corrections (N, 24, 3, 3) to the implied turns, in each bone's own axes, and shape (N, 7).

        Args:
            inputs: (N, INPUT_COUNT) of `head_inputs`.
            features: (N, PLACE_COUNT, channels); None: of nobody.
            known: (N,) 1 or 0: whose features count.
        """
        if features is None:
            image = inputs.new_zeros(len(inputs), self.enter.in_features - inputs.shape[1] - 1)
        else:
            scaled = (features - self.feature_mean) * self.feature_scale
            image = torch.cat([layer(scaled[:, group]).flatten(1)
                               for layer, group in zip(self.project, GROUPS, strict=True)], dim=1)
            image = image.relu() * known[:, None]
        x = self.enter(torch.cat([inputs, image, known[:, None]], dim=1))
        for first, second in self.blocks:
            x = x + second(self.dropout(first(x.relu()).relu()))
        x = self.dropout(x.relu())
        return orthonormal(self.turns(x).unflatten(1, (BONE_COUNT, 2, 3))), self.shape(x)


def orthonormal(six: Tensor) -> Tensor:
    """(..., 2, 3), from the first two axes, -> rotation matrices (..., 3, 3) (Zhou et al., CVPR 2019)."""
    first = nn.functional.normalize(six[..., 0, :] + six.new_tensor([1.0, 0, 0]), dim=-1)
    second = six[..., 1, :] + six.new_tensor([0, 1.0, 0])
    second = nn.functional.normalize(second - (second * first).sum(-1, keepdim=True) * first, dim=-1)
    return torch.stack([first, second, torch.linalg.cross(first, second)], dim=-1)


def angles_rad(a: Tensor, b: Tensor) -> Tensor:
    """Angles (...) between rotation matrices (..., 3, 3), with gradients everywhere."""
    chord = (a - b).square().sum((-1, -2)).add(1e-6).sqrt() / 8 ** 0.5
    return 2 * torch.asin(chord.clamp(max=0.999))
