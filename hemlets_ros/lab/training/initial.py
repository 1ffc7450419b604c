"""Initial weights: random, an ImageNet backbone, the authors' weights, or ours."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import torch

from hemlets_ros.errors import WeightsError
from hemlets_ros.model import VARIANTS, HEMlets, load
from hemlets_ros.model.checkpoints import read_state_dict


def initial_network(variant: str, init: str, input_px: int = 0, lifter: str = '') -> HEMlets:
    """The network of a variant, from the file `init` ('' from scratch). Raises WeightsError.

    input_px: size that crops are scaled to; 0: the default of the variant. Weights fit any input size.
    lifter: a checkpoint whose lifter replaces that of `init`. Other parts of its keypoint prior are not
        taken, as they were trained with its volume.
    """
    network = _initial(variant, init, input_px)
    if lifter:
        donor = load(lifter)
        if network.prior is None or donor.prior is None \
                or donor.config.lifter_kind != network.config.lifter_kind:
            raise WeightsError(f'the lifter of {lifter} does not fit {variant}')
        network.prior.lifter.load_state_dict(donor.prior.lifter.state_dict())
    return network


def _initial(variant: str, init: str, input_px: int) -> HEMlets:
    config = VARIANTS[variant]
    if input_px:
        config = dataclasses.replace(config, input_px=input_px)
    if not init:
        return HEMlets(config)
    path = Path(init)
    if path.suffix == '.safetensors':
        trained = load(path)
        if not trained.config.same_weights(config):
            raise WeightsError(f'{path} does not hold a {variant} network: {trained.config}')
        network = HEMlets(config)
        network.load_state_dict(trained.state_dict())
        return network
    if not path.is_file():
        raise WeightsError(f'no weights file at {path}')
    state = read_state_dict(path)
    if any(key.startswith('conv_tail') for key in state):
        return load(path, variant)
    network = HEMlets(config)
    # In torchvision, MobileNetV2's convolutions are named "features.*"; ResNet's have no prefix.
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
