"""Weights files: reading them safely, telling what is wrong with them, writing our own.

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
from hemlets_ros.model.config import VARIANTS, ModelConfig
from hemlets_ros.model.files import (
    CONFIG_KEY,
    JOINTS_KEY,
    RANDOM_SEED,
    SHIPPED,
    TRAINING_KEY,
    check_variant,
    is_random,
    name_of,
    sha256,
)
from hemlets_ros.model.network import HEMlets
from hemlets_ros.people import WeightsInfo
from hemlets_ros.skeleton import JOINT_NAMES

_FILLING = (Tensor.normal_, Tensor.uniform_)


def load(
    weights: str | Path | None = None,
    variant: str | None = None,
    device: str | torch.device = 'cpu',
    input_px: int = 0,
) -> HEMlets:
    """A HEMlets network in eval mode; its `weights` attribute is a WeightsInfo.

    Args:
        weights: our .safetensors or the authors' .pth; None for those that come with the package, which are
            of the lite network; 'random', or None with variant 'full', for seeded random ones.
        variant: 'full' or 'lite'; None for what the weights say ('lite' without weights).
        device: where to put it.
        input_px: what crops are shrunk to; 0 for what the weights say.

    Raises WeightsError for a file that is missing, damaged, unsafe, or of another network, and for an
    input_px that is no multiple of 32.
    """
    if variant is not None and variant not in VARIANTS:
        raise WeightsError(f'unknown variant {variant!r}: {" or ".join(VARIANTS)}')
    if is_random(weights, variant):
        variant = variant or 'lite'
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(RANDOM_SEED)
            network = HEMlets(_shown_at(VARIANTS[variant], input_px))
            _scatter(network)
        network.weights = WeightsInfo(name_of(weights, variant), trained=False)
        return network.eval().to(device)

    path = Path(weights or SHIPPED)
    config, state = read_weights(path)
    check_variant(path, config, variant)
    try:
        with _Unfilled():  # so that a network of any size takes no memory until it gets its weights
            network = HEMlets(_shown_at(config, input_px))
    except RuntimeError as error:
        raise WeightsError(f'{path} asks for a network that does not fit into memory: {error}') from error
    _check_keys(path, state, {key: value.shape for key, value in network.state_dict().items()})
    network.load_state_dict(state, strict=True)
    network.weights = WeightsInfo(name_of(path, variant), sha256(path))
    return network.eval().to(device)


def _shown_at(config: ModelConfig, input_px: int) -> ModelConfig:
    return replace(config, input_px=input_px) if input_px else config


class _Unfilled(TorchFunctionMode):
    """Layers that are about to get their weights are left as the memory is."""

    def __torch_function__(self, function: Callable[..., Any], types: Any, args: tuple[Any, ...] = (),
                           kwargs: dict[str, Any] | None = None) -> Any:
        if function in _FILLING or getattr(function, '__module__', '') == nn.init.__name__:
            return None
        return function(*args, **(kwargs or {}))


def read_weights(path: Path) -> tuple[ModelConfig, dict[str, Tensor]]:
    """The configuration and the state dict of a weights file. Never runs code from the file."""
    if not path.is_file():
        raise WeightsError(f'no weights file at {path}')
    if path.suffix == '.safetensors':
        return _read_safetensors(path)
    if path.suffix == '.onnx':
        raise WeightsError(f'{path} is an exported network: it can be run, but neither trained nor exported')
    return VARIANTS['full'], read_state_dict(path)


def training_facts(path: str | Path) -> dict[str, object]:
    """What one of our files says of its training. Raises WeightsError for another file."""
    path = Path(path)
    if not path.is_file():
        raise WeightsError(f'no weights file at {path}')
    metadata, _ = _open_safetensors(path)
    return json.loads(metadata.get(TRAINING_KEY, '{}'))


def save(network: HEMlets, path: str | Path, training: dict[str, object] | None = None,
         half: bool = False) -> None:
    """Writes our format: tensors, configuration, joint names, and facts about the training.

    half: convolutions and layers in 16 bits a number; biases and normalisation stay as they are.
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
def _scatter(network: HEMlets) -> None:
    """Random weights under which joints spread over the crop.

    With those that training starts from they would all lie in its middle, and a trial would show nothing.
    """
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.kaiming_normal_(module.weight)
        elif isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the statistics of the one batch below, not a running mean
    network.train().volume(torch.randn(4, 3, network.config.input_px, network.config.input_px))
    network.conv_tail[-1].weight *= 6


def _read_safetensors(path: Path) -> tuple[ModelConfig, dict[str, Tensor]]:
    metadata, state = _open_safetensors(path)
    if json.loads(metadata.get(JOINTS_KEY, 'null')) != list(JOINT_NAMES):
        raise WeightsError(f'{path} was trained for other joints than ours')
    return ModelConfig.from_json(metadata[CONFIG_KEY]), state


def _open_safetensors(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Metadata and tensors of one of our files."""
    try:
        with safetensors.safe_open(str(path), framework='pt') as file:
            metadata = file.metadata() or {}
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
    except (OSError, safetensors.SafetensorError) as error:
        raise WeightsError(f'{path} is not a whole safetensors file: {error}') from error
    if CONFIG_KEY not in metadata:
        raise WeightsError(f'{path} is not a HEMlets checkpoint: no {CONFIG_KEY} in its metadata')
    return metadata, state


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """A PyTorch file of tensors by name; anything else in it is refused, and no code of it runs."""
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


def _check_keys(path: Path, state: dict[str, Tensor], expected: dict[str, torch.Size]) -> None:
    """Raises WeightsError that says which keys are missing, foreign or of another shape."""
    faults = {
        'missing': [key for key in expected if key not in state],
        'unknown': [key for key in state if key not in expected],
        'of another shape': [
            f'{key} {tuple(state[key].shape)} instead of {tuple(shape)}'
            for key, shape in expected.items() if key in state and state[key].shape != shape],
    }
    parts = [f'{len(keys)} {fault}: {", ".join(map(str, keys[:3]))}{", ..." if keys[3:] else ""}'
             for fault, keys in faults.items() if keys]
    if parts:
        raise WeightsError(f'{path} does not fit the network: ' + '; '.join(parts))
    broken = [key for key, value in state.items()
              if value.is_floating_point() and not torch.isfinite(value).all()]
    if broken:
        raise WeightsError(f'{path} has values that are not finite in {", ".join(broken[:3])}')
