"""The configuration of a HEMlets network: frozen, stored with every checkpoint."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from hemlets_ros.errors import WeightsError
from hemlets_ros.geometry.depth_frame import CAMERA, CROP
from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.system.json_text import parse_json

#: Input pixels per pixel of the backbone's deepest maps.
BACKBONE_STRIDE = 32
#: Channels of the keypoint prior's encoded maps.
PRIOR_CHANNELS = 64
_CHOICES = {'backbone': ('resnet50', 'mobilenet_v2'), 'neck': ('deconvolution', 'pyramid'),
            'depth_frame': (CAMERA, CROP)}
#: Field names in weights files of version 0.1 -> current field names.
_RENAMED = {'peak_power': 'softargmax_exponent'}
_LARGEST = {'upsamplings': 5, 'lifter_blocks': 64, 'softargmax_exponent': 16}


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The architecture. The defaults are the authors' (HEMlets, sec. 3.3)."""

    backbone: str = 'resnet50'
    neck: str = 'deconvolution'  # the authors': uses the deepest maps only; pyramid: uses three scales
    input_px: int = CROP_SIZE_PX  # side to which crops are shrunk first
    upsamplings: int = 3  # x2 steps from the backbone's deepest maps
    channels: int = 256  # width of the upsampling branches and the heatmap encoder
    feature_channels: int = 1024  # width of the features from which the volume is computed
    depth_bins: int = 64  # bins of the volume along depth
    # For people without keypoints, x and y are the mean of the image-plane distribution raised to this power
    # and renormalised. A power above 1 favours the higher of two modes: where left and right leg are
    # ambiguous, the joint lies on one leg instead of between them. 1: as in the paper.
    softargmax_exponent: int = 1
    depth_frame: str = CAMERA  # frame whose z axis is the depth axis, see hemlets_ros/geometry/depth_frame.py
    lifter_width: int = 0  # width of the lifter's layers (lifter.py); 0: there is no keypoint prior
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
        """Whether the network has a keypoint prior."""
        return self.lifter_width > 0

    def same_weights(self, other: ModelConfig) -> bool:
        """Whether weights of the other network fit this one.

        `input_px`, `depth_frame` and `softargmax_exponent` may differ.
        """
        return replace(self, input_px=other.input_px, depth_frame=other.depth_frame,
                       softargmax_exponent=other.softargmax_exponent) == other

    @property
    def lifter_kind(self) -> tuple[int, int, int, str]:
        """Properties that two networks must share to exchange their keypoint priors."""
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
