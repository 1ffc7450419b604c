"""Weights files: safe reading, checks, writing.

Two formats: the authors' bare state dict (.pth, the full network), and ours (.safetensors with the
configuration, the joint names and training facts in its metadata).
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from hemlets_ros.errors import OutputError, WeightsError
from hemlets_ros.model.model_config import VARIANTS, ModelConfig
from hemlets_ros.model.network import HEMlets
from hemlets_ros.model.weights_files import (
    CONFIG_KEY,
    JOINTS_KEY,
    RANDOM_SEED,
    TRAINING_KEY,
    check_finite,
    check_shapes,
    check_variant,
    config_of,
    is_random,
    name_of,
    open_safetensors,
    sha256,
    weights_path,
)
from hemlets_ros.people import WeightsInfo
from hemlets_ros.skeleton import JOINT_NAMES

_RANDOM_FILLS = (Tensor.normal_, Tensor.uniform_)


def load(
    weights: str | Path | None = None,
    variant: str | None = None,
    device: str | torch.device = 'cpu',
    input_px: int = 0,
) -> HEMlets:
    """Loads a HEMlets network in eval mode; its `weights` attribute is a WeightsInfo.

    Args:
        weights: our .safetensors or the authors' .pth file. None: the bundled weights, which are of the lite
            network. 'random', or None with variant 'full': seeded random weights.
        variant: 'full' or 'lite'; None: the variant of the weights ('lite' for random weights).
        device: the device of the network.
        input_px: the side to which crops are shrunk; 0: the value stored with the weights.

    Raises WeightsError for a file that is missing, damaged, unsafe, or of another network, and for an
    input_px that is not a multiple of 32.
    """
    if variant is not None and variant not in VARIANTS:
        raise WeightsError(f'unknown variant {variant!r}: {" or ".join(VARIANTS)}')
    if is_random(weights, variant):
        variant = variant or 'lite'
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(RANDOM_SEED)
            network = HEMlets(_with_input_px(VARIANTS[variant], input_px))
            _randomise(network)
        network.weights = WeightsInfo(name_of(weights, variant), trained=False)
        return network.eval().to(device)

    path = weights_path(weights)
    config, state = read_weights(path)
    check_variant(path, config, variant)
    try:
        with _SkipInitialisation():  # so that an oversized network takes no memory before `check_shapes`
            network = HEMlets(_with_input_px(config, input_px))
    except RuntimeError as error:
        raise WeightsError(f'{path} asks for a network that does not fit into memory: {error}') from error
    check_shapes(path, {key: value.shape for key, value in state.items()},
                 {key: value.shape for key, value in network.state_dict().items()})
    check_finite(path, [key for key, value in state.items()
                        if value.is_floating_point() and not torch.isfinite(value).all()])
    network.load_state_dict(state, strict=True)
    network.weights = WeightsInfo(name_of(path, variant), sha256(path))
    return network.eval().to(device)


def _with_input_px(config: ModelConfig, input_px: int) -> ModelConfig:
    return replace(config, input_px=input_px) if input_px else config


class _SkipInitialisation(TorchFunctionMode):
    """Skips the random initialisation of layers whose weights are loaded next."""

    def __torch_function__(self, function: Callable[..., Any], types: Any, args: tuple[Any, ...] = (),
                           kwargs: dict[str, Any] | None = None) -> Any:
        if function in _RANDOM_FILLS or getattr(function, '__module__', '') == nn.init.__name__:
            return None
        return function(*args, **(kwargs or {}))


def read_weights(path: Path) -> tuple[ModelConfig, dict[str, Tensor]]:
    """Reads the configuration and the state dict of a weights file. Never runs code from the file.

    Raises WeightsError for a file that is missing, damaged, unsafe, or of another format.
    """
    if not path.is_file():
        raise WeightsError(f'no weights file at {path}')
    if path.suffix == '.safetensors':
        metadata, state = open_safetensors(path, 'pt')
        return config_of(path, metadata), state
    if path.suffix == '.onnx':
        raise WeightsError(f'{path} is an exported network: it can be run, but neither trained nor exported')
    return VARIANTS['full'], read_state_dict(path)


def save(network: HEMlets, path: str | Path, training: dict[str, object] | None = None,
         half: bool = False) -> None:
    """Writes our format: tensors, configuration, joint names, and facts about the training.

    half: store tensors of two or more dimensions (the weights of convolutions and linear layers) as float16;
    biases and normalisation keep their type.

    Raises OutputError where the file cannot be written.
    """
    metadata = {
        CONFIG_KEY: network.config.to_json(),
        JOINTS_KEY: json.dumps(JOINT_NAMES),
        TRAINING_KEY: json.dumps(training or {}),
    }
    try:
        safetensors.torch.save_file(
            {key: (value.half() if half and value.ndim > 1 else value).contiguous()
             for key, value in network.state_dict().items()},
            str(path), metadata)
    except (OSError, safetensors.SafetensorError) as error:
        raise OutputError(f'cannot write weights to {path}: {error}') from error


@torch.no_grad()
def _randomise(network: HEMlets) -> None:
    """Sets random weights with which the predicted joints spread over the crop.

    With the initial weights of training all joints would lie at the crop's centre.
    """
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.kaiming_normal_(module.weight)
        elif isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # take the statistics of the batch below, without a running mean
    network.train().volume(torch.randn(4, 3, network.config.input_px, network.config.input_px))
    last = network.conv_tail[-1]
    assert isinstance(last, nn.Conv2d)
    last.weight *= 6


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """Reads a PyTorch file of named tensors. Never runs code from the file.

    Raises WeightsError for a damaged file and for one with anything but tensors.
    """
    try:
        state = torch.load(path, map_location='cpu', weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsError(f'{path} refused: it is not a plain file of tensors (it may be damaged, '
                           'or try to run code)') from error
    except Exception as error:
        raise WeightsError(f'{path} is truncated or not a PyTorch file') from error
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise WeightsError(f'{path} is not a bare state dict (a dictionary of tensors)')
    return state
