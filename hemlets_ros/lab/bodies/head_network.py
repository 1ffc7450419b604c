"""The body head in PyTorch, for training; hemlets_ros/body/head.py does inference with NumPy."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hemlets_ros.body.bones import BONE_COUNT
from hemlets_ros.body.head import GROUPS, SHAPE
from hemlets_ros.body.head_inputs import INPUT_COUNT


class HeadNetwork(nn.Module):
    """The body head. `BodyHead` reads its parameters by their names."""

    def __init__(self, channels: int, width: int = 256, blocks: int = 2, shape_width: int = 48) -> None:
        super().__init__()
        self.register_buffer('feature_mean', torch.zeros(len(GROUPS) * channels))
        self.register_buffer('feature_scale', torch.ones(len(GROUPS) * channels))
        self.enter = nn.Linear(INPUT_COUNT, width)
        self.blocks = nn.ModuleList(nn.ModuleList([nn.Linear(width, width), nn.Linear(width, width)])
                                    for _ in range(blocks))
        self.turns = nn.Linear(width, 6 * BONE_COUNT)
        self.shape_image = nn.Linear(len(GROUPS) * channels, shape_width)
        self.shape_joints = nn.Linear(INPUT_COUNT, shape_width)
        self.shape = nn.Linear(2 * shape_width + 1, len(SHAPE))
        self.dropout, self.image_dropout = nn.Dropout(0.1), nn.Dropout(0.4)
        for last in (self.turns, self.shape):
            nn.init.normal_(last.weight, std=1e-3)
            nn.init.zeros_(last.bias)

    def forward(self, inputs: Tensor, features: Tensor | None, known: Tensor) -> tuple[Tensor, Tensor]:
        """Corrections (N, 24, 3, 3) of the implied rotations, in each bone's own axes, and shape (N, 7).

        Args:
            inputs: (N, INPUT_COUNT) of `head_inputs`.
            features: (N, len(GROUPS) * channels) of `grouped`; None: no features.
            known: (N,) 1 where the features are used, else 0.
        """
        x = self.enter(inputs)
        for first, second in self.blocks:
            x = x + second(self.dropout(first(x.relu()).relu()))
        turns = self.turns(self.dropout(x.relu()))
        image = inputs.new_zeros(len(inputs), self.shape_image.out_features)
        if features is not None:
            scaled = (features - self.feature_mean) * self.feature_scale
            image = self.shape_image(self.image_dropout(scaled)).relu() * known[:, None]
        joints = self.dropout(self.shape_joints(inputs).relu())
        shape = self.shape(torch.cat([image, joints, known[:, None]], dim=1))
        return orthonormal(turns.unflatten(1, (BONE_COUNT, 2, 3))), shape


def orthonormal(six: Tensor) -> Tensor:
    """The first two axes (..., 2, 3) -> rotation matrices (..., 3, 3) (Zhou et al., CVPR 2019)."""
    first = nn.functional.normalize(six[..., 0, :] + six.new_tensor([1.0, 0, 0]), dim=-1)
    second = six[..., 1, :] + six.new_tensor([0, 1.0, 0])
    second = nn.functional.normalize(second - (second * first).sum(-1, keepdim=True) * first, dim=-1)
    return torch.stack([first, second, torch.linalg.cross(first, second)], dim=-1)


def angles_rad(a: Tensor, b: Tensor) -> Tensor:
    """Angles (...) between rotation matrices (..., 3, 3), with finite gradients everywhere."""
    chord = (a - b).square().sum((-1, -2)).add(1e-6).sqrt() / 8 ** 0.5
    return 2 * torch.asin(chord.clamp(max=0.999))
