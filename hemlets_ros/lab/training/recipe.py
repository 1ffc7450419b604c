"""Parameters of a training run (data, network, optimisation), from YAML and command line options."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hemlets_ros.errors import SettingsError
from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.settings import CropSettings, Settings, parameter
from hemlets_ros.system.share_folder import share_folder
from hemlets_ros.system.yaml_file import load_yaml


@dataclass(frozen=True)
class DataSettings(Settings):
    """Data of a training run."""

    task: str = parameter(
        'pose', 'pose: the network, on images; lifter: only its keypoint prior, on skeletons without images '
        '(hemlets synth --skeletons)', choices=('pose', 'lifter'))
    dataset_path: str = parameter(
        '', 'folders of shards (hemlets prepare, hemlets synth), comma-separated, each with =WEIGHT if it '
        'is not 1; a folder listed twice is shown twice per epoch. Or a Human3.6M folder, which is converted '
        'to shards first')
    data_ratio: float = parameter(1.0, 'share of the samples to use', minimum=0.0001, maximum=1.0)
    limit: int = parameter(
        0, 'number of samples to use, chosen by the seed; 0: all', minimum=0, maximum=10 ** 9)
    validation_ratio: float = parameter(0.1, 'share of the samples for validation', minimum=0.0, maximum=0.9)
    test_ratio: float = parameter(0.1, 'share of the samples kept for a test', minimum=0.0, maximum=0.9)
    split: str = parameter(
        'subject', 'how training, validation and test are separated; subject: no person is in two of them; '
        'sample: exact ratios, but a person may be in several',
        choices=('subject', 'sample'))
    validation_subjects: str = parameter('', 'subjects for validation, comma-separated; empty: by '
                                     'validation_ratio')
    repeat: int = parameter(1, 'times each sample is shown per epoch', minimum=1, maximum=100000)
    streams: int = parameter(
        1, 'parallel readers of shards; a multiple of the processes', minimum=1, maximum=4096)
    shuffle: int = parameter(1000, 'samples in the shuffle buffer of each stream', minimum=0, maximum=1000000)
    num_workers: int = parameter(0, 'worker processes that read and augment', minimum=0, maximum=1024)
    resident: bool = parameter(
        False, 'decode all images once and keep them in GPU memory (0.3 MB each); the GPU then cuts the '
        'crops, several times as fast as CPUs can')
    max_faults: int = parameter(
        3, 'damaged shards or samples to skip before training fails', minimum=0, maximum=10 ** 6)


@dataclass(frozen=True)
class OptimisationSettings(Settings):
    """Network and optimisation of a training run."""

    variant: str = parameter('full', 'network: full or lite', choices=('full', 'lite'))
    input_px: int = parameter(
        0, 'size of the network\'s input, a multiple of 32; 0: that of the variant', minimum=0,
        maximum=CROP_SIZE_PX)
    init: str = parameter(
        '', 'initial weights: a .safetensors checkpoint, the authors\' .pth, or torchvision\'s ImageNet '
        'weights of the backbone; empty: random')
    lifter: str = parameter('', '.safetensors checkpoint to take the lifter from; empty: that of init')
    freeze: str = parameter('', 'parts that are not trained: comma-separated prefixes, e.g. backbone')
    freeze_bn: bool = parameter(False, 'freeze the statistics of batch normalisation')
    epochs: int = parameter(20, 'number of epochs', minimum=1, maximum=100000)
    batch_size: int = parameter(32, 'samples per step, over all processes', minimum=1, maximum=65536)
    lr: float = parameter(1e-3, 'learning rate', minimum=0.0, maximum=10.0)
    backbone_lr: float = parameter(0.4, 'learning rate of backbone and lifter, as a share of lr',
                                   minimum=0.0, maximum=10.0)
    weight_decay: float = parameter(1e-4, 'weight decay of AdamW', minimum=0.0, maximum=1.0)
    warmup_steps: int = parameter(100, 'steps until the full learning rate', minimum=0, maximum=1000000)
    schedule: str = parameter('cosine', 'schedule of the learning rate', choices=('cosine', 'constant'))
    clip: float = parameter(1.0, 'maximum norm of the gradient; 0: no clipping', minimum=0.0, maximum=1e6)
    alpha: float = parameter(0.05, 'weight of the heatmap losses', minimum=0.0, maximum=100.0)
    marginal: float = parameter(
        0.0, 'weight of the cross-entropy of the volume\'s marginals (not in the paper)',
        minimum=0.0, maximum=100.0)
    sigma_px: float = parameter(
        2 ** 0.5, 'standard deviation of the Gaussians in heatmaps', minimum=0.1, maximum=20.0)
    ema: float = parameter(0.0, 'decay of the moving average of the weights, which is saved; 0: none',
                           minimum=0.0, maximum=0.99999)
    precision: str = parameter('32-true', 'precision of Lightning\'s Trainer',
                               choices=('32-true', '64-true', 'bf16-mixed', '16-mixed'))
    accelerator: str = parameter(
        'auto', 'accelerator of Lightning\'s Trainer', choices=('auto', 'cpu', 'gpu'))
    devices: int = parameter(1, 'processes on this machine', minimum=1, maximum=1024)
    num_nodes: int = parameter(1, 'machines', minimum=1, maximum=4096)
    seed: int = parameter(0, 'seed of all random numbers', minimum=0, maximum=2 ** 31)
    save_interval: int = parameter(1, 'epochs between checkpoints', minimum=1, maximum=100000)
    checkpoint_dir: str = parameter('checkpoints', 'folder for checkpoints, logs and pictures')


@dataclass(frozen=True)
class AugmentationSettings(Settings):
    """Augmentation of training crops; with all values 0 there is none."""

    flip: float = parameter(0.5, 'probability of mirroring', minimum=0.0, maximum=1.0)
    rotation_deg: float = parameter(
        30.0, 'standard deviation of the rotation, cut at twice', minimum=0.0, maximum=90.0)
    scale: float = parameter(0.2, 'standard deviation of the scale\'s logarithm, cut at twice',
                             minimum=0.0, maximum=1.0)
    shift: float = parameter(0.06, 'standard deviation of the shift, share of the crop, cut at twice',
                             minimum=0.0, maximum=0.5)
    cut: float = parameter(
        0.35, 'probability that the image\'s border is moved into the person', minimum=0.0, maximum=1.0)
    colour: float = parameter(0.25, 'standard deviation of the logarithms of gain and gamma',
                              minimum=0.0, maximum=1.0)
    blur: float = parameter(0.2, 'probability of blur', minimum=0.0, maximum=1.0)
    noise: float = parameter(0.2, 'probability of noise', minimum=0.0, maximum=1.0)
    occlusion: float = parameter(0.3, 'probability that a part is covered', minimum=0.0, maximum=1.0)
    jpeg: float = parameter(0.3, 'probability of JPEG compression', minimum=0.0, maximum=1.0)
    prior_dropout: float = parameter(
        0.33, 'probability that the detector\'s keypoints are left out', minimum=0.0, maximum=1.0)
    real_keypoints: float = parameter(
        0.5, 'otherwise, probability of the detector\'s real keypoints, where shards have them (hemlets '
        'prepare detections), instead of simulated ones', minimum=0.0, maximum=1.0)
    margin: float = parameter(
        CropSettings.crop_margin, 'space on each side of the box, as a share of its longer side',
        minimum=0.0, maximum=1.0)


#: For validation: the crop is cut exactly as in the pipeline.
NO_AUGMENTATION = AugmentationSettings(*(0.0,) * 11, real_keypoints=1.0)


#: All groups of a recipe.
RECIPE_SETTINGS: tuple[type[Settings], ...] = (DataSettings, OptimisationSettings, AugmentationSettings)


@dataclass(frozen=True)
class Recipe:
    """All parameters of a training run."""

    data: DataSettings
    optimisation: OptimisationSettings
    augmentation: AugmentationSettings

    def as_dict(self) -> dict[str, Any]:
        """All parameters by name, in one flat dictionary."""
        return {name: value for group in (self.data, self.optimisation, self.augmentation)
                for name, value in dataclasses.asdict(group).items()}


def make_recipe(values: dict[str, Any]) -> Recipe:
    """Recipe from parameters by name; missing ones get their defaults. Raises SettingsError."""
    known = {field.name: field for group in RECIPE_SETTINGS for field in dataclasses.fields(group)}
    unknown = values.keys() - known.keys()
    if unknown:
        raise SettingsError(f'unknown recipe parameter {", ".join(sorted(unknown))}; '
                            f'known: {", ".join(known)}')
    whole = {name: float(value) if isinstance(known[name].default, float) and type(value) is int else value
             for name, value in values.items()}
    return Recipe(*(group.picked_from(whole) for group in RECIPE_SETTINGS))


def read_recipe(path: str | Path) -> dict[str, Any]:
    """The parameters in a YAML file, or in the shipped recipe of that name (h36m: config/train_h36m.yaml)."""
    path = Path(path)
    if not path.exists() and path.name == str(path) and not path.suffix:
        path = share_folder() / 'config' / f'train_{path}.yaml'
    try:
        content = load_yaml(path)
    except (OSError, ValueError) as error:
        raise SettingsError(f'cannot read the recipe {path}: {getattr(error, "strerror", None) or error}'
                            ) from error
    if not isinstance(content, dict):
        raise SettingsError(f'{path} is not a recipe: it should hold "parameter: value" lines')
    return content
