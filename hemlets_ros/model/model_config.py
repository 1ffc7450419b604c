"""The configuration of a HEMlets network: frozen, stored with every checkpoint."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from hemlets_ros.errors import WeightsError
from hemlets_ros.geometry.depth_frame import CAMERA, CROP
from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.system.json_text import parse_json

#: Pixels of the input to one of the backbone's deepest maps.
BACKBONE_STRIDE = 32
#: Of the maps that the keypoint prior makes of keypoints.
PRIOR_CHANNELS = 64
_CHOICES = {'backbone': ('resnet50', 'mobilenet_v2'), 'neck': ('deconvolution', 'pyramid'),
            'depth_frame': (CAMERA, CROP)}
#: Names in weights files of version 0.1 -> those of today.
_RENAMED = {'peak_power': 'softargmax_exponent'}
_LARGEST = {'upsamplings': 5, 'lifter_blocks': 64, 'softargmax_exponent': 16}


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The architecture. The defaults are the authors' (HEMlets, sec. 3.3)."""

    backbone: str = 'resnet50'
    neck: str = 'deconvolution'  # the authors', from the deepest maps alone; pyramid: from three scales
    input_px: int = CROP_SIZE_PX  # crops are shrunk to this first
    upsamplings: int = 3  # x2 steps from the backbone's deepest maps
    channels: int = 256  # of the upsampling branches and the heatmap encoder
    feature_channels: int = 1024  # of the features that the volume is read from
    depth_bins: int = 64  # of the volume
    # Without a detector's keypoints, places in the image are means by the plane's probability to this power:
    # of two legs, either of which may be the left one, a joint is on one then, not between. 1: the paper's.
    softargmax_exponent: int = 1
    depth_frame: str = CAMERA  # along whose z axis depth is measured, hemlets_ros/geometry/depth_frame.py
    lifter_width: int = 0  # of the keypoint prior's network; 0: there is no prior
    lifter_blocks: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in _CHOICES:
                if value not in _CHOICES[field.name]:
                    raise WeightsError(f'unknown {field.name} {value!r}: '
                                       f'{" or ".join(_CHOICES[field.name])}')
                continue
            low, high = int(not field.name.startswith('lifter')), _LARGEST.get(field.name, 4096)
            if type(value) is not int or not low <= value <= high:
                raise WeightsError(f'{field.name} must be a whole number from {low} to {high}, '
                                   f'not {value!r}')
        if self.input_px % BACKBONE_STRIDE:
            raise WeightsError(f'input_px must be a multiple of {BACKBONE_STRIDE}, not {self.input_px}')
        if self.neck == 'pyramid' and (self.backbone, self.upsamplings) != ('mobilenet_v2', 2):
            raise WeightsError('a pyramid needs the backbone mobilenet_v2 and 2 upsamplings')

    @property
    def map_size(self) -> int:
        """Width and height of the heatmaps and of the volume."""
        return self.input_px // BACKBONE_STRIDE << self.upsamplings

    @property
    def prior(self) -> bool:
        """Whether a detector's keypoints are used, where there are any."""
        return self.lifter_width > 0

    def same_weights(self, other: ModelConfig) -> bool:
        """Whether the other's weights fit: size that crops are shrunk to, frame and power may differ."""
        return replace(self, input_px=other.input_px, depth_frame=other.depth_frame,
                       softargmax_exponent=other.softargmax_exponent) == other

    @property
    def lifter_kind(self) -> tuple[int, int, int, str]:
        """What two networks must share for one to take the other's keypoint prior."""
        return self.lifter_width, self.lifter_blocks, self.depth_bins, self.depth_frame

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ModelConfig:
        try:
            values: dict[str, Any] = parse_json(text)
            return cls(**{_RENAMED.get(name, name): value for name, value in values.items()})
        except (TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            raise WeightsError(f'not a network configuration: {text[:200]!r} ({error})') from error


VARIANTS = {
    'full': ModelConfig(),
    'lite': ModelConfig(backbone='mobilenet_v2', neck='pyramid', input_px=224, upsamplings=2, channels=128,
                        feature_channels=192, depth_bins=32, softargmax_exponent=2, depth_frame=CROP,
                        lifter_width=768, lifter_blocks=3),
}
