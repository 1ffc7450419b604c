"""Training data: finds shards, splits samples by person, loads batches."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import lightning
import torch
from torch.utils.data import DataLoader, default_collate

from hemlets_ros.errors import SettingsError, SourceError
from hemlets_ros.geometry.depth_frame import CAMERA
from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.lab.datasets.index import ShardEntry, check_subjects, read_index, size_bytes
from hemlets_ros.lab.datasets.shards import find_shards as shards_at
from hemlets_ros.lab.datasets.shards import read_raw
from hemlets_ros.lab.training.interruption import remaining_batches
from hemlets_ros.lab.training.reader import Shard, ShardBatches, count_fault
from hemlets_ros.lab.training.recipe import NO_AUGMENTATION, DataSettings, Recipe
from hemlets_ros.lab.worker_processes import ignore_ctrl_c, training_workers

#: Parameters that may change when a run is resumed: paths, hardware, and the number of epochs.
_MAY_CHANGE = frozenset({'dataset_path', 'checkpoint_dir', 'init', 'num_workers', 'max_faults', 'accelerator',
                         'devices', 'num_nodes', 'epochs', 'save_interval'})


@dataclass(frozen=True)
class Split:
    """Keys of the training, validation and test samples."""

    training: frozenset[str]
    validation: frozenset[str]
    test: frozenset[str] = field(default_factory=frozenset)


def find_shards(dataset_path: str) -> list[Shard]:
    """The shards of comma-separated folders (or single tars), each followed by =WEIGHT if it is not 1.

    A folder may be listed several times. Each epoch then contains its samples that many times, with a new
    augmentation each time.
    """
    shards: list[Shard] = []
    listings: Counter[str] = Counter()
    for entry in dataset_path.split(','):
        folder, _, weight = entry.strip().partition('=')
        urls = shards_at(folder)
        try:
            shards += [Shard(url, float(weight or 1), listing=listings[url]) for url in urls]
        except ValueError as error:
            raise SettingsError(f'the weight in {entry!r} is not a number') from error
        listings.update(urls)
    return shards


def sample_names(shards: list[Shard], max_faults: int = 0) -> list[list[tuple[str, str]]]:
    """Key and subject of every sample, by shard: from the shard's index file, else by reading the shard.

    Of a damaged shard, the samples before the damage are used. Raises SourceError for more than `max_faults`
    damaged shards.
    """
    indices: dict[str, dict[str, ShardEntry]] = {}
    names: dict[str, list[tuple[str, str]]] = {}
    faults = 0
    for shard in shards:
        if shard.listing:
            continue  # it was already read at its first listing
        folder, _, file = shard.url.rpartition('/')
        if folder not in indices:
            indices[folder] = read_index(folder)
        entry = indices[folder].get(file.removesuffix('.tar'))
        own: list[tuple[str, str]] = []
        try:
            if entry is not None and entry.size_bytes == size_bytes(shard.url):
                own = [(key, subject) for subject, keys in entry.people.items() for key in keys]
            else:
                own.extend((labels['key'], labels['subject']) for labels, _ in read_raw(shard.url))
        except SourceError as error:
            faults += 1
            count_fault(error, faults, max_faults)
        names[shard.url] = own
    return [names[shard.url] for shard in shards]


def split_samples(names: list[tuple[str, str]], settings: DataSettings, seed: int) -> Split:
    """Splits samples (key, subject) into training, validation and test, by subject unless `settings` differ.

    The assignment depends on names and seed only, so adding data never moves existing samples.
    """
    if not names:
        raise SourceError('the shards hold no samples')
    fixed = {name.strip() for name in settings.validation_subjects.split(',') if name.strip()}
    check_subjects('validation_subjects', fixed, {subject for _, subject in names})
    names = [name for name in names if _uniform(name[0], seed, 'data') < settings.data_ratio]
    if settings.limit:
        names = sorted(names, key=lambda name: _uniform(name[0], seed, 'data'))[:settings.limit]
    parts: dict[str, set[str]] = {'training': set(), 'validation': set(), 'test': set()}
    if settings.split == 'sample' and not fixed:
        ordered = sorted({key for key, _ in names}, key=lambda key: _uniform(key, seed, 'split'))
        first = round(len(ordered) * settings.validation_ratio)
        second = first + round(len(ordered) * settings.test_ratio)
        parts['validation'], parts['test'] = set(ordered[:first]), set(ordered[first:second])
        parts['training'] = set(ordered[second:])
    else:
        for key, subject in names:
            at = _uniform(subject, seed, 'split')
            if subject in fixed if fixed else at < settings.validation_ratio:
                parts['validation'].add(key)
            elif not fixed and at < settings.validation_ratio + settings.test_ratio:
                parts['test'].add(key)
            else:
                parts['training'].add(key)
    if not parts['training']:
        raise SettingsError('no samples are left for training: change the ratios or the seed, or '
                            'split by sample')
    return Split(**{name: frozenset(keys) for name, keys in parts.items()})


def _uniform(name: str, seed: int, purpose: str) -> float:
    """A pseudo-random number in [0, 1) that is determined by the arguments."""
    digest = hashlib.sha256(f'{seed} {purpose} {name}'.encode()).digest()
    return int.from_bytes(digest[:8], 'big') / 2 ** 64


class ShardData(lightning.LightningDataModule):
    """Lightning data module of image samples; each epoch has new training batches."""

    def __init__(self, recipe: Recipe, size_px: int = CROP_SIZE_PX, frame: str = CAMERA) -> None:
        super().__init__()
        self._recipe, self._size_px, self._frame = recipe, size_px, frame
        shards = find_shards(recipe.data.dataset_path)
        names = sample_names(shards, recipe.data.max_faults)
        everything = list(itertools.chain.from_iterable(names))
        self.split = split_samples(list(dict.fromkeys(everything)), recipe.data, recipe.optimisation.seed)
        # With a key for each listing: a run with other listings is a different run.
        self._keys = sorted(key for key, _ in everything if key in self.split.training)
        self._training, validation = (
            [replace(shard, count=count) for shard, own in zip(shards, names, strict=True)
             if (count := sum(key in part for key, _ in own))]
            for part in (self.split.training, self.split.validation))
        # Validation has no augmentation, so repeated listings would add nothing.
        self._validation = [shard for shard in validation if not shard.listing]

    def state_dict(self) -> dict[str, Any]:
        """Recipe and training keys, which identify the run in its checkpoint."""
        return {'recipe': self._recipe.as_dict(),
                'training_keys_sha256': hashlib.sha256('\n'.join(self._keys).encode()).hexdigest()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Raises SettingsError if the checkpoint is of another recipe or of other training samples."""
        now = self.state_dict()
        before, after = state_dict['recipe'], now['recipe']
        changed = [f'{name} {before[name]!r}, not {value!r}' for name, value in after.items()
                   if name in before and name not in _MAY_CHANGE and before[name] != value]
        if state_dict['training_keys_sha256'] != now['training_keys_sha256']:
            changed.append('other training samples')
        if changed:
            raise SettingsError(
                f'{self._recipe.optimisation.checkpoint_dir} holds a run with {"; ".join(changed)}: choose '
                'another --checkpoint-dir (with --init FILE to start from its weights), or --fresh to '
                'overwrite it')

    @property
    def validates(self) -> bool:
        """Whether anything is kept for validation."""
        return bool(self.split.validation)

    @property
    def steps_per_epoch(self) -> int:
        """Upper bound of the optimiser steps: an epoch ends with its shortest stream."""
        return max(1, self._epoch_samples // self._recipe.optimisation.batch_size)

    @property
    def _epoch_samples(self) -> int:
        """Number of samples in an epoch."""
        return sum(shard.count or 0 for shard in self._training) * self._recipe.data.repeat

    def train_dataloader(self) -> Any:
        recipe, trainer = self._recipe, self.trainer
        return remaining_batches(self._loader(ShardBatches(
            self._training, recipe.optimisation.batch_size, recipe.augmentation,
            streams=recipe.data.streams, seed=recipe.optimisation.seed, epoch=trainer.current_epoch,
            rank=trainer.global_rank, ranks=trainer.world_size, keys=self.split.training,
            repeat=recipe.data.repeat, shuffle=recipe.data.shuffle, max_faults=recipe.data.max_faults,
            size_px=self._size_px, frame=self._frame,
            # A data set smaller than the batch size still gives one batch.
            drop_last=self._epoch_samples >= recipe.optimisation.batch_size)), trainer)

    def val_dataloader(self) -> DataLoader:
        # Every process reads the whole validation set, so metrics do not depend on the number of processes.
        return self._loader(ShardBatches(
            self._validation, self._recipe.optimisation.batch_size, NO_AUGMENTATION,
            keys=self.split.validation, shuffle=0, max_faults=self._recipe.data.max_faults, drop_last=False,
            size_px=self._size_px, frame=self._frame))

    def _loader(self, batches: ShardBatches) -> DataLoader:
        workers = self._recipe.data.num_workers
        return DataLoader(batches, batch_size=None, collate_fn=default_collate, num_workers=workers,
                          multiprocessing_context=training_workers() if workers else None,
                          worker_init_fn=ignore_ctrl_c,
                          pin_memory=torch.cuda.is_available())
