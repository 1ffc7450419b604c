"""What a HEMlets network is made of: a few numbers, frozen, stored with every checkpoint."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from hemlets_ros.errors import WeightsError
from hemlets_ros.volume import CROP_SIZE_PX

_BACKBONE_STRIDE = 32


@dataclass(frozen=True)
class ModelConfig:
    """The architecture. The defaults are the authors' (HEMlets, sec. 3.3)."""

    backbone: str = 'resnet50'  # or 'mobilenet_v2'
    upsamplings: int = 3  # x2 steps from the backbone's 8 x 8 maps
    channels: int = 256  # of the upsampling branches and the heatmap encoder
    feature_channels: int = 1024  # of the features that the volume is read from
    depth_bins: int = 64  # of the volume

    def __post_init__(self) -> None:
        if self.backbone not in ('resnet50', 'mobilenet_v2'):
            raise WeightsError(f'unknown backbone {self.backbone!r}: resnet50 or mobilenet_v2')
        for field in fields(self)[1:]:
            value = getattr(self, field.name)
            if type(value) is not int or not 1 <= value <= 4096:
                raise WeightsError(f'{field.name} must be a whole number from 1 to 4096, '
                                   f'not {value!r}')
        if self.upsamplings > 5:
            raise WeightsError(f'upsamplings must be at most 5, not {self.upsamplings}')

    @property
    def map_size(self) -> int:
        """Width and height of the heatmaps and of the volume."""
        return CROP_SIZE_PX // _BACKBONE_STRIDE * 2 ** self.upsamplings

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ModelConfig:
        try:
            values: dict[str, Any] = json.loads(text)
            return cls(**values)
        except (TypeError, ValueError) as error:
            raise WeightsError(f'not a network configuration: {text[:200]!r} ({error})') from error


VARIANTS = {
    'full': ModelConfig(),
    'lite': ModelConfig(backbone='mobilenet_v2', upsamplings=2, channels=128, feature_channels=256,
                        depth_bins=32),
}
