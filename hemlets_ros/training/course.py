"""The course project's way to say where data are: a Human3.6M folder, prepared here into shards first."""

from __future__ import annotations

import functools
import logging
import os
from pathlib import Path

from hemlets_ros.datasets.h36m import LABELS_FILE, Human36M
from hemlets_ros.datasets.index import claim, write_index
from hemlets_ros.datasets.prepare import prepare_parts
from hemlets_ros.errors import SourceError

#: Where torchrun, Lightning and Slurm say which of the processes this is.
_RANKS = ('RANK', 'LOCAL_RANK', 'SLURM_PROCID')
_LOGGER = logging.getLogger(__name__)


def as_shards(dataset_path: str, checkpoint_dir: str, workers: int) -> str:
    """`dataset_path`, or, if it is a Human3.6M folder, the folder of shards made from it.

    Shards that an earlier run made are kept. Only the first of several processes makes them. Raises
    SourceError where a video cannot be read, or where the others would have to wait for the shards.
    """
    folder = Path(dataset_path)
    if not (folder / LABELS_FILE).is_file():
        return dataset_path
    shards = Path(checkpoint_dir, 'shards')
    make_source = functools.partial(Human36M, folder)
    source = make_source()
    if any(int(os.environ.get(name, 0)) for name in _RANKS):
        if not all((shards / f'{part}.tar').is_file() for part in source.parts()):
            raise SourceError(f'{folder} must be prepared before several processes train on it: '
                              f'hemlets prepare h36m {folder} --out {shards}')
        return str(shards)
    claim(shards, source.order)
    _LOGGER.warning('preparing %s into %s, once', folder, shards)
    held = {}
    for result in prepare_parts(make_source, source.parts(), shards, max(workers, 1)):
        if result.error:
            raise SourceError(f'{result.part}: {result.error}')
        held[result.part] = result.held
    write_index(shards, held)
    return str(shards)
