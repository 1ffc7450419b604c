"""A training run, described: data, network, optimisation. Read from YAML, changed by command line flags."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ament_index_python.packages import get_package_share_directory

from hemlets_ros.errors import SettingsError
from hemlets_ros.settings import Settings, parameter


@dataclass(frozen=True)
class DataSettings(Settings):
    """Data of a training run."""

    task: str = parameter(
        'pose', 'pose: the network, on images; lifter: only its keypoint prior, on skeletons without images '
        '(hemlets synth --skeletons)', choices=('pose', 'lifter'))
    dataset_path: str = parameter(
        '', 'folders of shards (hemlets prepare, hemlets synth), comma-separated, each with =WEIGHT if it '
        'is not 1; listed twice: shown twice an epoch; or a Human3.6M folder as in the course project, which '
        'is prepared first')
    data_ratio: float = parameter(1.0, 'share of the samples to use', minimum=0.0001, maximum=1.0)
    limit: int = parameter(0, 'use so many samples, drawn by the seed; 0: all', minimum=0, maximum=10 ** 9)
    validation_ratio: float = parameter(0.1, 'share of it for validation', minimum=0.0, maximum=0.9)
    test_ratio: float = parameter(0.1, 'share of it kept apart for a test', minimum=0.0, maximum=0.9)
    split: str = parameter(
        'subject', 'subject: nobody is in two parts; sample: ratios are met exactly, people may be in both',
        choices=('subject', 'sample'))
    validation_subjects: str = parameter('', 'who validates, comma-separated; empty: by validation_ratio')
    repeat: int = parameter(1, 'how often an epoch shows each sample', minimum=1, maximum=100000)
    streams: int = parameter(
        1, 'parallel readers of shards; a multiple of the processes', minimum=1, maximum=4096)
    shuffle: int = parameter(1000, 'samples that a stream mixes', minimum=0, maximum=1000000)
    num_workers: int = parameter(0, 'processes that read and augment', minimum=0, maximum=1024)
    resident: bool = parameter(
        False, 'decode all pictures once and keep them on the GPU, which then crops them, several times as '
        'fast as CPUs can; 0.3 MB a picture')
    max_faults: int = parameter(3, 'damaged shards or samples that are skipped', minimum=0, maximum=10 ** 6)


@dataclass(frozen=True)
class OptimisationSettings(Settings):
    """Network and optimisation of a training run."""

    variant: str = parameter('full', 'network: full or lite', choices=('full', 'lite'))
    input_px: int = parameter(
        0, 'crops are shrunk to this, a multiple of 32; 0: as the variant has it', minimum=0, maximum=256)
    init: str = parameter(
        '', 'weights to start from: a checkpoint of ours, the authors\' .pth, or an ImageNet backbone by '
        'torchvision; empty: from scratch')
    lifter: str = parameter('', 'a checkpoint of ours whose lifter is taken; empty: that of init')
    freeze: str = parameter('', 'parts that stay as they are, comma-separated prefixes, e.g. backbone')
    freeze_bn: bool = parameter(False, 'batch normalisation keeps its statistics')
    epochs: int = parameter(20, 'how often the data are shown', minimum=1, maximum=100000)
    batch_size: int = parameter(32, 'samples a step, over all processes', minimum=1, maximum=65536)
    lr: float = parameter(1e-3, 'learning rate', minimum=0.0, maximum=10.0)
    backbone_lr: float = parameter(0.4, 'the backbone\'s and the lifter\'s, as a share of lr',
                                   minimum=0.0, maximum=10.0)
    weight_decay: float = parameter(1e-4, 'of AdamW', minimum=0.0, maximum=1.0)
    warmup_steps: int = parameter(100, 'steps until the full learning rate', minimum=0, maximum=1000000)
    schedule: str = parameter('cosine', 'of the learning rate', choices=('cosine', 'constant'))
    clip: float = parameter(1.0, 'largest norm of the gradient', minimum=0.0, maximum=1e6)
    alpha: float = parameter(0.05, 'weight of the heatmap losses', minimum=0.0, maximum=100.0)
    marginal: float = parameter(
        0.0, 'weight of the cross-entropy of the volume\'s marginals (not in the paper)',
        minimum=0.0, maximum=100.0)
    sigma_px: float = parameter(2 ** 0.5, 'of the heatmaps\' Gaussians', minimum=0.1, maximum=20.0)
    ema: float = parameter(0.0, 'decay of the averaged weights that are kept; 0: none',
                           minimum=0.0, maximum=0.99999)
    precision: str = parameter('32-true', 'Lightning\'s',
                               choices=('32-true', '64-true', 'bf16-mixed', '16-mixed'))
    accelerator: str = parameter('auto', 'Lightning\'s', choices=('auto', 'cpu', 'gpu'))
    devices: int = parameter(1, 'processes on this machine', minimum=1, maximum=1024)
    num_nodes: int = parameter(1, 'machines', minimum=1, maximum=4096)
    seed: int = parameter(0, 'of everything random', minimum=0, maximum=2 ** 31)
    save_interval: int = parameter(1, 'epochs between checkpoints', minimum=1, maximum=100000)
    checkpoint_dir: str = parameter('checkpoints', 'folder for checkpoints, logs and pictures')


@dataclass(frozen=True)
class AugmentationSettings(Settings):
    """How much training crops are varied; all zero: not at all."""

    flip: float = parameter(0.5, 'how often mirrored', minimum=0.0, maximum=1.0)
    rotation_deg: float = parameter(30.0, 'standard deviation, cut at twice', minimum=0.0, maximum=90.0)
    scale: float = parameter(0.2, 'standard deviation of its logarithm, cut at twice',
                             minimum=0.0, maximum=1.0)
    shift: float = parameter(0.06, 'standard deviation, share of the crop, cut at twice',
                             minimum=0.0, maximum=0.5)
    colour: float = parameter(0.25, 'gain and gamma of each channel vary by so much',
                              minimum=0.0, maximum=1.0)
    blur: float = parameter(0.2, 'how often blurred', minimum=0.0, maximum=1.0)
    noise: float = parameter(0.2, 'how often noisy', minimum=0.0, maximum=1.0)
    occlusion: float = parameter(0.3, 'how often partly covered', minimum=0.0, maximum=1.0)
    jpeg: float = parameter(0.3, 'how often compressed again', minimum=0.0, maximum=1.0)
    prior_dropout: float = parameter(
        0.33, 'how often a sample comes without the detector\'s keypoints', minimum=0.0, maximum=1.0)
    real_keypoints: float = parameter(
        0.5, 'how often the others come with the detector\'s own, where shards have them (hemlets prepare '
        'detections), not with simulated ones', minimum=0.0, maximum=1.0)
    margin: float = parameter(0.1, 'space around the box, as in the pipeline', minimum=0.0, maximum=1.0)


#: For validation: the crop as the pipeline would cut it.
NO_AUGMENTATION = AugmentationSettings(*(0.0,) * 10, real_keypoints=1.0)


#: All groups of a recipe.
RECIPE_SETTINGS: tuple[type[Settings], ...] = (DataSettings, OptimisationSettings, AugmentationSettings)


@dataclass(frozen=True)
class Recipe:
    """All of a training run."""

    data: DataSettings
    optimisation: OptimisationSettings
    augmentation: AugmentationSettings

    def as_dict(self) -> dict[str, Any]:
        """Flat: every parameter by its name."""
        return {name: value for group in (self.data, self.optimisation, self.augmentation)
                for name, value in dataclasses.asdict(group).items()}


def make_recipe(values: dict[str, Any]) -> Recipe:
    """From parameters by name; those not given have their defaults. Raises SettingsError."""
    known = {field.name: field for group in RECIPE_SETTINGS for field in dataclasses.fields(group)}
    unknown = values.keys() - known.keys()
    if unknown:
        raise SettingsError(f'unknown recipe parameter {", ".join(sorted(unknown))}; '
                            f'there are {", ".join(known)}')
    whole = {name: float(value) if isinstance(known[name].default, float) and type(value) is int else value
             for name, value in values.items()}
    return Recipe(*(group.picked_from(whole) for group in RECIPE_SETTINGS))


def read_recipe(path: str | Path) -> dict[str, Any]:
    """The parameters in a YAML file, or in the shipped recipe of that name (h36m: config/train_h36m.yaml)."""
    path = Path(path)
    if not path.exists() and path.name == str(path) and not path.suffix:
        path = Path(get_package_share_directory('hemlets_ros'), 'config', f'train_{path}.yaml')
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8'))
    except (OSError, yaml.YAMLError) as error:
        raise SettingsError(f'cannot read the recipe {path}: {error}') from error
    if not isinstance(content, dict):
        raise SettingsError(f'{path} is not a recipe: it should hold "parameter: value" lines')
    return content
