"""Accepts the course project's data layout: prepares a Human3.6M folder as shards first."""

from __future__ import annotations

import functools
import logging
import os
from pathlib import Path

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.datasets.h36m import Human36M, labelled_folder
from hemlets_ros.lab.datasets.index import reserve, write_index
from hemlets_ros.lab.datasets.shard_preparation import prepare_parts
from hemlets_ros.system.progress import progress

#: Environment variables in which torchrun, Lightning and Slurm give the rank of this process.
_RANKS = ('RANK', 'LOCAL_RANK', 'SLURM_PROCID')
_LOGGER = logging.getLogger(__name__)


def as_shards(dataset_path: str, checkpoint_dir: str, workers: int) -> str:
    """Returns `dataset_path`, or the folder of shards made from it if it is a Human3.6M folder.

    Shards of an earlier run are reused. With several processes, only rank 0 makes shards. Raises SourceError
    if a video cannot be read, or on other ranks if the shards do not exist yet.
    """
    folder = labelled_folder(dataset_path)
    if folder is None:
        return dataset_path
    shards = Path(checkpoint_dir, 'shards')
    make_source = functools.partial(Human36M, folder)
    source = make_source()
    if any(int(os.environ.get(name, 0)) for name in _RANKS):
        if not all((shards / f'{part}.tar').is_file() for part in source.parts()):
            raise SourceError(f'{folder} must be prepared before several processes train on it: '
                              f'hemlets prepare h36m {folder} --out {shards}')
        return str(shards)
    reserve(shards, source.provenance)
    _LOGGER.warning('preparing %s into %s, once', folder, shards)
    entries = {}
    parts = source.parts()
    results = prepare_parts(make_source, parts, shards, max(workers, 1))
    for result in progress(results, total=len(parts), unit='part'):
        if result.error:
            raise SourceError(f'{result.part}: {result.error}')
        entries[result.part] = result.entry
    write_index(shards, entries)
    return str(shards)
