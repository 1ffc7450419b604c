"""Weights files without PyTorch: where the shipped one is, what identifies one, what must fit."""

from __future__ import annotations

import hashlib
from pathlib import Path

from hemlets_ros.errors import WeightsError
from hemlets_ros.model.config import VARIANTS, ModelConfig

#: The weights that come with the package: trained on rendered people, see docs/model_card.md.
SHIPPED = Path(__file__).parents[1] / 'weights' / 'hemlets_lite.safetensors'
#: In place of a file: random weights, for trials.
RANDOM = 'random'
#: The seed of the random weights that stand in where none are given.
RANDOM_SEED = 0
#: Of a file's metadata: the configuration and the joint names as JSON, and facts about the training.
CONFIG_KEY, JOINTS_KEY, TRAINING_KEY = 'hemlets_config', 'joint_names', 'training'


def sha256(path: Path) -> str:
    """Of a file. Raises WeightsError where there is none."""
    if not path.is_file():
        raise WeightsError(f'no weights file at {path}')
    with path.open('rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest() if hasattr(hashlib, 'file_digest') \
            else hashlib.sha256(file.read()).hexdigest()


def is_random(weights: str | Path | None, variant: str | None) -> bool:
    """Whether `load` gives random weights for these: what comes with the package is of lite."""
    return weights == RANDOM or (weights is None and variant == 'full')


def identity(weights: str | Path | None, variant: str | None) -> str:
    """What tells the network that `load` gives for these from others. Raises WeightsError for no file."""
    if is_random(weights, variant):
        return f'random-{variant or "lite"}-seed{RANDOM_SEED}'
    return sha256(Path(weights or SHIPPED))


def name_of(weights: str | Path | None, variant: str | None) -> str:
    """What to call the network that `load` gives for these."""
    return identity(weights, variant) if is_random(weights, variant) else Path(weights or SHIPPED).name


def check_variant(path: Path, config: ModelConfig, variant: str | None) -> None:
    """Raises WeightsError where a file holds another network than was asked for; None: any will do."""
    if variant is not None and not config.same_weights(VARIANTS[variant]):
        known = next((name for name, each in VARIANTS.items() if config.same_weights(each)), str(config))
        raise WeightsError(f'{path} holds a {known} network, not {variant}')
