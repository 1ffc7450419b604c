"""Keeps all decoded images in GPU memory, and crops and augments them there.

Reading, decoding and cropping on the CPU is too slow for a fast GPU. An image of 320 px takes 0.3 MB.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset, default_collate, get_worker_info

from hemlets_ros.errors import SettingsError
from hemlets_ros.geometry.crop import MEAN_BGR
from hemlets_ros.lab.datasets.sample import Sample
from hemlets_ros.lab.datasets.shards import read_shard
from hemlets_ros.lab.training.augment import crop_labels, scaled_affine
from hemlets_ros.lab.training.data import ShardData
from hemlets_ros.lab.training.interruption import remaining_batches
from hemlets_ros.lab.training.reader import Shard
from hemlets_ros.lab.training.recipe import AugmentationSettings
from hemlets_ros.lab.worker_processes import (
    ignore_ctrl_c,
    training_workers,
    worker_pool,
)
from hemlets_ros.system.progress import progress

_NO_PIXELS = np.zeros((1, 1, 3), np.uint8)  # placeholder for the image of a sample; pixels are in `pictures`


@dataclasses.dataclass(frozen=True)
class ResidentDataset:
    """Decoded images in `pictures`, and their samples, whose `image` is a placeholder."""

    pictures: Tensor  # (N, S, S, 3) uint8 BGR
    samples: list[Sample]
    #: Entries of an epoch: index of the image, and the weight of the listing it belongs to.
    shown: list[tuple[int, float]]


class ResidentData(ShardData):
    """As ShardData, for one process, with the training images on the GPU. Validation is read from shards."""

    _dataset: ResidentDataset | None = None

    def train_dataloader(self) -> Any:
        recipe, trainer = self._recipe, self.trainer
        if trainer.world_size > 1:
            raise SettingsError('resident pictures are for one process: --devices 1')
        if self._dataset is None:
            self._dataset = load_resident(self._training, self.split.training,
                                          max(1, recipe.data.num_workers), trainer.strategy.root_device)
        dataset, settings = self._dataset, recipe.optimisation
        return remaining_batches(DataLoader(
            _Batches(dataset.samples, dataset.shown * recipe.data.repeat, settings.batch_size,
                     recipe.augmentation, [settings.seed, trainer.current_epoch], self._size_px, self._frame),
            # Workers are forked, because pickling all samples for each worker would take too long.
            batch_size=None, num_workers=recipe.data.num_workers,
            worker_init_fn=ignore_ctrl_c,
            multiprocessing_context='fork' if recipe.data.num_workers else None), trainer)

    def on_after_batch_transfer(self, batch: dict[str, Any], dataloader_idx: int) -> dict[str, Any]:
        """Cuts the crops out of the resident images."""
        if 'picture' in batch:
            chosen = self._dataset.pictures[batch.pop('picture')]
            batch['image'] = warped(chosen, batch.pop('affine'), self._size_px)
        return batch


def load_resident(shards: Sequence[Shard], keys: frozenset[str], workers: int,
                  device: torch.device) -> ResidentDataset:
    """Reads the samples with the given keys and decodes them in several processes.

    Raises SourceError for a damaged shard, SettingsError if images differ in size.
    """
    first = [shard for shard in shards if not shard.listing]
    size = next(iter(read_shard(first[0].url))).image.shape
    starts: dict[str, int] = {}
    total = 0
    for shard in first:
        starts[shard.url] = total
        total += shard.count or 0
    pictures = torch.empty((total, *size), dtype=torch.uint8).share_memory_()
    samples: list[Sample] = []
    with worker_pool(workers, training_workers(), _start, pictures, keys) as pool:
        reading = [pool.submit(_read, url, start) for url, start in starts.items()]
        for done in progress(reading, unit='shard'):
            samples += done.result()
    shown = [(starts[shard.url] + number, shard.weight)
             for shard in shards for number in range(shard.count or 0)]
    return ResidentDataset(pictures.to(device), samples, shown)


_shared: tuple[Tensor, frozenset[str]] | None = None


def _start(pictures: Tensor, keys: frozenset[str]) -> None:
    global _shared
    _shared = pictures, keys


def _read(url: str, start: int) -> list[Sample]:
    if _shared is None:
        raise RuntimeError('the process was not started by _start')
    pictures, keys = _shared
    samples = []
    for sample in read_shard(url):
        if sample.key not in keys:
            continue
        if sample.image.shape != tuple(pictures.shape[1:]):
            raise SettingsError(f'{sample.key} has an image of {sample.image.shape[:2]} px, others of '
                                f'{tuple(pictures.shape[1:3])}: resident pictures need one size')
        pictures[start + len(samples)] = torch.from_numpy(sample.image)
        samples.append(dataclasses.replace(sample, image=_NO_PIXELS, frame_px=sample.borders_px))
    return samples


class _Batches(IterableDataset):
    """Batches of an epoch without pixels; `picture` is the image's index, `affine` (2, 3) maps to its px."""

    def __init__(self, samples: Sequence[Sample], shown: Sequence[tuple[int, float]], batch_size: int,
                 augmentation: AugmentationSettings, seed: Sequence[int], size_px: int, frame: str) -> None:
        self._samples, self._shown = samples, shown
        self._batch_size, self._augmentation = batch_size, augmentation
        self._seed, self._size_px, self._frame = list(seed), size_px, frame

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        worker = get_worker_info()
        number, count = (0, 1) if worker is None else (worker.id, worker.num_workers)
        permutation = np.random.default_rng(self._seed).permutation(len(self._shown))
        size = min(self._batch_size, len(permutation))
        for batch in range(number, len(permutation) // size, count):
            places = range(batch * size, (batch + 1) * size)
            yield default_collate([self._labels(*self._shown[permutation[place]], place) for place in places])

    def _labels(self, picture: int, weight: float, place: int) -> dict[str, Any]:
        labels = crop_labels(
            self._samples[picture], self._augmentation, np.random.default_rng([*self._seed, place]),
            weight, self._size_px, self._frame)
        affine = scaled_affine(labels['crop_to_image'], self._size_px).astype(np.float32)
        return labels | {'picture': picture, 'affine': affine}


def warped(pictures: Tensor, affines: Tensor, size_px: int) -> Tensor:
    """Crops (N, size_px, size_px, 3) of images (N, S, S, 3), both uint8 BGR; mean colour beyond the border.

    affines: (N, 2, 3), px of the crop -> px of the image.
    """
    mean = torch.tensor(MEAN_BGR, device=pictures.device)[:, None, None]
    along = torch.arange(size_px, dtype=torch.float32, device=pictures.device)
    y, x = torch.meshgrid(along, along, indexing='ij')
    places = torch.stack([x, y, torch.ones_like(x)], -1) @ affines[:, None].transpose(2, 3)
    height, width = pictures.shape[1:3]
    grid = places * (2 / torch.tensor([width - 1, height - 1], device=pictures.device)) - 1
    crops = functional.grid_sample(pictures.permute(0, 3, 1, 2).float() - mean, grid, align_corners=True)
    return (crops + mean).round().to(torch.uint8).permute(0, 2, 3, 1)
