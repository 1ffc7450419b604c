"""Weights files without PyTorch: the bundled file, reading, identification, compatibility checks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import safetensors

from hemlets_ros.errors import WeightsError
from hemlets_ros.model.model_config import VARIANTS, ModelConfig
from hemlets_ros.skeleton import JOINT_NAMES
from hemlets_ros.system.json_text import parse_json

#: The bundled weights: trained on rendered people, see docs/model_card.md.
SHIPPED = Path(__file__).parents[1] / 'weights' / 'hemlets_lite.safetensors'
#: File name of the authors' published weights; the course project keeps them in the folder `ckpt`.
AUTHORS_FILE, COURSE_FOLDER = 'hemlets_h36m_lastest.pth', 'ckpt'
#: Checksum of the bundled weights: a file with another one is damaged, or of another version.
SHIPPED_SHA256 = 'a1fc6ded66eb709208f300625f9b1dd5b559da01f4547bda739b1e72a3923165'
#: Value of `weights` that selects random weights, for trials.
RANDOM = 'random'
#: Seed of the random weights.
RANDOM_SEED = 0
#: Metadata keys of a file: configuration, joint names and facts about the training, each as JSON.
CONFIG_KEY, JOINTS_KEY, TRAINING_KEY = 'hemlets_config', 'joint_names', 'training'


def weights_path(weights: str | Path | None) -> Path:
    """The path of a weights file; for a folder, the authors' file in it or in its subfolder ckpt/.

    None or empty: the bundled file. Raises WeightsError for a path that the operating system refuses.
    """
    path = Path(weights or SHIPPED)
    try:
        is_folder = path.is_dir()
    except OSError as error:
        raise WeightsError(f'no weights file at {str(path)[:100]}: {error.strerror}') from error
    if is_folder:
        inside = [path / AUTHORS_FILE, path / COURSE_FOLDER / AUTHORS_FILE]
        return next((each for each in inside if each.is_file()), inside[0])
    return path


def metadata_json(path: str | Path, text: str) -> Any:
    """Parses JSON from a file's metadata. Raises WeightsError for text that is not JSON."""
    try:
        return parse_json(text)
    except (ValueError, RecursionError) as error:
        raise WeightsError(f'{path} has metadata that cannot be read: {text[:100]!r} ({error})') from error


def open_safetensors(path: Path, framework: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Reads metadata and tensors of a file in our format.

    framework: library of the tensors, 'pt' (PyTorch) or 'np' (NumPy).

    Raises WeightsError for a file that is missing, damaged, or of another format.
    """
    if not path.is_file():
        raise WeightsError(f'no weights file at {path}')
    try:
        with safetensors.safe_open(str(path), framework=framework) as file:
            metadata = file.metadata() or {}
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
    except (OSError, safetensors.SafetensorError, TypeError) as error:  # TypeError: types that NumPy lacks
        raise WeightsError(f'{path} is not a complete safetensors file: {error}') from error
    if CONFIG_KEY not in metadata:
        raise WeightsError(f'{path} is not a HEMlets checkpoint: no {CONFIG_KEY} in its metadata')
    return metadata, state


def config_of(path: Path, metadata: Mapping[str, str]) -> ModelConfig:
    """The network configuration in a file's metadata.

    Raises WeightsError for other joints than HEMlets' and for bad metadata.
    """
    if metadata_json(path, metadata.get(JOINTS_KEY, 'null')) != list(JOINT_NAMES):
        raise WeightsError(f'{path} was trained for other joints than ours')
    return ModelConfig.from_json(metadata[CONFIG_KEY])


def training_facts(path: str | Path) -> dict[str, object]:
    """The facts about the training in a file of our format. Raises WeightsError for other files."""
    metadata, _ = open_safetensors(Path(path), 'np')
    facts: dict[str, object] = metadata_json(path, metadata.get(TRAINING_KEY, '{}'))
    return facts


def check_shapes(path: Path, state: Mapping[str, Iterable[int]],
                 expected: Mapping[str, Iterable[int]]) -> None:
    """Raises WeightsError with the names of tensors that are missing, unknown or of another shape."""
    given, wanted = ({key: tuple(shape) for key, shape in each.items()} for each in (state, expected))
    faults = {
        'missing': [key for key in wanted if key not in given],
        'unknown': [key for key in given if key not in wanted],
        'of another shape': [f'{key} {given[key]} instead of {shape}'
                             for key, shape in wanted.items() if key in given and given[key] != shape],
    }
    parts = [f'{len(keys)} {fault}: {", ".join(keys[:3])}{", ..." if keys[3:] else ""}'
             for fault, keys in faults.items() if keys]
    if parts:
        raise WeightsError(f'{path} does not fit the network: ' + '; '.join(parts))


def check_finite(path: Path, broken: list[str]) -> None:
    """Raises WeightsError if there are tensors with values that are not finite; broken: their names."""
    if broken:
        raise WeightsError(f'{path} has values that are not finite in {", ".join(broken[:3])}')


def sha256(path: Path) -> str:
    """SHA-256 of a file. Raises WeightsError for a missing file."""
    if not path.is_file():
        raise WeightsError(f'no weights file at {path}')
    with path.open('rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest() if hasattr(hashlib, 'file_digest') \
            else hashlib.sha256(file.read()).hexdigest()


def is_random(weights: str | Path | None, variant: str | None) -> bool:
    """Whether `load` uses random weights for these arguments: bundled weights exist for lite only."""
    return weights == RANDOM or (weights is None and variant == 'full')


def identity(weights: str | Path | None, variant: str | None) -> str:
    """A string that identifies the weights that `load` uses for these arguments: the file's checksum, or the
    variant and seed of random weights. Raises WeightsError for a missing file.
    """
    if is_random(weights, variant):
        return f'random-{variant or "lite"}-seed{RANDOM_SEED}'
    return sha256(weights_path(weights))


def name_of(weights: str | Path | None, variant: str | None) -> str:
    """The displayed name of the weights that `load` uses for these arguments."""
    return identity(weights, variant) if is_random(weights, variant) else weights_path(weights).name


def check_variant(path: Path, config: ModelConfig, variant: str | None) -> None:
    """Raises WeightsError if a file holds another network than `variant`; None: any is accepted."""
    if variant is not None and not config.same_weights(VARIANTS[variant]):
        known = next((name for name, each in VARIANTS.items() if config.same_weights(each)), str(config))
        raise WeightsError(f'{path} holds a {known} network, not {variant}')
