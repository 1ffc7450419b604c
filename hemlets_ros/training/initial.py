"""What a network starts from: nothing, an ImageNet backbone, the authors' weights, or ours."""

from __future__ import annotations

from pathlib import Path

import torch

from hemlets_ros.errors import WeightsError
from hemlets_ros.model import VARIANTS, HEMlets, load
from hemlets_ros.model.weights import read_state_dict


def initial_network(variant: str, init: str) -> HEMlets:
    """The network of a variant, from the file `init` ('' from scratch). Raises WeightsError."""
    if not init:
        return HEMlets(VARIANTS[variant])
    path = Path(init)
    if path.suffix == '.safetensors':
        return load(path, variant)
    if not path.is_file():
        raise WeightsError(f'no weights file at {path}')
    state = read_state_dict(path)
    if any(key.startswith('conv_tail') for key in state):
        return load(path, variant)
    network = HEMlets(VARIANTS[variant])
    # torchvision's names: MobileNetV2's convolutions are under "features", ResNet's at the top.
    backbone = {key.removeprefix('features.'): value for key, value in state.items()}
    own = network.backbone.state_dict()
    fitting = {key: value for key, value in backbone.items()
               if key in own and own[key].shape == value.shape}
    missing = [key for key in own if key not in fitting and not key.endswith('num_batches_tracked')]
    if missing:
        raise WeightsError(f'{path} does not fit the backbone of {variant}: {len(missing)} tensors missing '
                           f'or of another shape: {", ".join(missing[:3])}')
    with torch.no_grad():
        network.backbone.load_state_dict(fitting, strict=False)
    return network
