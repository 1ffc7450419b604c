"""Reads shards sequentially into shuffled training batches, the same on any number of machines.

Shards are assigned to a fixed number of streams. Every global batch takes the same share from each stream,
and each process (rank) reads only its own streams. So a global batch depends on seed and epoch only, no
sample occurs twice in an epoch, and a run can be resumed bit for bit.
"""

from __future__ import annotations

import itertools
import logging
import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch.utils.data import IterableDataset, get_worker_info

from hemlets_ros.errors import SourceError
from hemlets_ros.geometry.depth_frame import CAMERA
from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.lab.datasets.shards import decode_sample, read_raw
from hemlets_ros.lab.training.augment import training_crop
from hemlets_ros.lab.training.recipe import AugmentationSettings

_LOGGER = logging.getLogger(__name__)
_Raw = tuple[dict[str, Any], bytes, 'Shard']


@dataclass(frozen=True)
class Shard:
    """A tar of samples.

    weight: of its samples in the loss. count: number of its samples in this split; None: unknown.
    listing: how many times the same tar was listed before this entry.
    """

    url: str
    weight: float = 1.0
    count: int | None = None
    listing: int = 0


class ShardBatches(IterableDataset):
    """One rank's batches of one epoch, as lists of training crops.

    Args:
        shards: all shards, the same list for every rank.
        subjects: subjects to read; None: all. keys: keys of the samples to read; None: all.
        batch_size: samples of the global batch, a multiple of the number of streams.
        streams: number of streams, a multiple of the ranks and at most the number of shards.
        shuffle: samples in the shuffle buffer of each stream; 0: in the order of the shards.
        size_px: width and height of the crops.
        frame: the frame in which depth is measured.
        max_faults: how many damaged shards or samples a worker skips before giving up.
    """

    def __init__(
        self, shards: Sequence[Shard], batch_size: int, augmentation: AugmentationSettings, *,
        streams: int = 1, seed: int = 0, epoch: int = 0, rank: int = 0, ranks: int = 1,
        subjects: frozenset[str] | None = None, keys: frozenset[str] | None = None, repeat: int = 1,
        shuffle: int = 1000, max_faults: int = 3, drop_last: bool = True, size_px: int = CROP_SIZE_PX,
        frame: str = CAMERA,
    ) -> None:
        if batch_size % streams or streams % ranks or streams > len(shards):
            raise SourceError(
                f'{batch_size} samples a batch, {streams} streams, {ranks} processes and {len(shards)} '
                'shards do not fit: streams must divide the batch, be a multiple of the processes, and be no '
                f'more than the shards; try --streams {ranks}')
        self._shards, self._batch_size, self._augmentation = list(shards), batch_size, augmentation
        self._streams, self._seed, self._epoch = streams, seed, epoch
        self._rank, self._ranks = rank, ranks
        self._subjects, self._keys = subjects, keys
        self._repeat, self._shuffle = repeat, shuffle
        self._max_faults, self._drop_last = max_faults, drop_last
        self._size_px, self._frame = size_px, frame
        self._faulty: set[str] = set()

    def __iter__(self) -> Iterator[list[dict[str, Any]]]:
        worker = get_worker_info()
        number, count = (0, 1) if worker is None else (worker.id, worker.num_workers)
        # Every worker reads all streams of the rank, but decodes only the samples of its own batches.
        for index, batch in enumerate(self._raw_batches()):
            if index % count == number:
                crops = [crop for crop in itertools.starmap(self._crop, batch) if crop is not None]
                if crops:
                    yield crops

    def length(self) -> int | None:
        """Batches of the epoch, the same for every rank; None if the count of a shard is unknown."""
        if any(shard.count is None for shard in self._shards):
            return None
        totals = [0] * self._streams
        for repetition in range(self._repeat):
            for number, dealt in enumerate(self._assigned_shards(repetition)):
                totals[number] += sum(shard.count or 0 for shard in dealt)
        return min(totals) // (self._batch_size // self._streams)

    def _raw_batches(self) -> Iterator[list[tuple[_Raw, int]]]:
        share = self._batch_size // self._streams
        own = range(self._rank, self._streams, self._ranks)
        if self._drop_last and (length := self.length()) is not None:
            # Samples lost in damaged shards are replaced from the stream's start. Otherwise a rank would have
            # fewer batches, and the others would wait for it for ever.
            streams = [itertools.chain(self._stream(number), self._stream(number)) for number in own]
        else:
            length, streams = None, [self._stream(number) for number in own]
        for _ in itertools.count() if length is None else range(length):
            parts = [list(itertools.islice(stream, share)) for stream in streams]
            batch = [raw for part in parts for raw in part]
            whole = all(len(part) == share for part in parts)
            if whole or (batch and not self._drop_last):
                yield batch
            if not whole:
                return

    def _stream(self, number: int) -> Iterator[tuple[_Raw, int]]:
        """The samples of a stream in this epoch, shuffled in a buffer."""
        rng = random.Random(f'{self._seed} {self._epoch} {number}')
        buffer: list[tuple[_Raw, int]] = []
        for item in self._ordered(number):
            if len(buffer) < self._shuffle:
                buffer.append(item)
                continue
            if self._shuffle:
                at = rng.randrange(len(buffer))
                item, buffer[at] = buffer[at], item
            yield item
        rng.shuffle(buffer)
        yield from buffer

    def _ordered(self, number: int) -> Iterator[tuple[_Raw, int]]:
        for repetition in range(self._repeat):
            for shard in self._assigned_shards(repetition)[number]:
                yield from ((raw, repetition) for raw in self._read(shard))

    def _assigned_shards(self, repetition: int) -> list[list[Shard]]:
        """The shards of each stream, in reading order."""
        shards = list(self._shards)
        if self._shuffle:
            random.Random(f'{self._seed} {self._epoch} {repetition}').shuffle(shards)
        return _assign(shards, self._streams)

    def _read(self, shard: Shard) -> Iterator[_Raw]:
        try:
            for labels, jpeg in read_raw(shard.url):
                if (self._subjects is None or labels['subject'] in self._subjects) \
                        and (self._keys is None or labels['key'] in self._keys):
                    yield labels, jpeg, shard
        except SourceError as error:
            self._skip(shard.url, error)

    def _crop(self, raw: _Raw, repetition: int) -> dict[str, Any] | None:
        labels, jpeg, shard = raw
        # The seed does not depend on the process that reads the sample; it differs per epoch and listing.
        rng = np.random.default_rng(
            [self._seed, self._epoch, repetition, zlib.crc32(labels['key'].encode()), shard.listing])
        try:
            return training_crop(decode_sample(labels, jpeg), self._augmentation, rng,
                                 shard.weight, self._size_px, self._frame)
        except SourceError as error:
            self._skip(labels['key'], error)
            return None

    def _skip(self, what: str, error: SourceError) -> None:
        """Counts a damaged shard or sample once per epoch; raises SourceError if there are too many."""
        if what not in self._faulty:
            self._faulty.add(what)
            count_fault(error, len(self._faulty), self._max_faults)


def count_fault(error: SourceError, faults: int, max_faults: int) -> None:
    """Logs a warning for a skipped shard or sample; raises SourceError for more than max_faults."""
    if faults > max_faults:
        raise SourceError(f'{error}; more than {max_faults} are damaged (max_faults)') from error
    _LOGGER.warning('%s; skipped (%d of at most %d)', error, faults, max_faults)


def _assign(shards: list[Shard], streams: int) -> list[list[Shard]]:
    """Assigns shards in their order, each to the stream with the fewest samples so far."""
    dealt: list[list[Shard]] = [[] for _ in range(streams)]
    counts = [0] * streams
    for shard in shards:
        shortest = counts.index(min(counts))
        dealt[shortest].append(shard)
        counts[shortest] += 1 if shard.count is None else shard.count
    return dealt
