"""The course project's way to say where data are: a Human3.6M folder, prepared here into shards first."""

from __future__ import annotations

import functools
import logging
from pathlib import Path

from hemlets_ros.datasets.h36m import Human36M
from hemlets_ros.datasets.index import claim, write_index
from hemlets_ros.datasets.prepare import prepare_parts
from hemlets_ros.errors import SourceError

_LABELS = 'data_3d_h36m.npz'
_LOGGER = logging.getLogger(__name__)


def as_shards(dataset_path: str, checkpoint_dir: str, workers: int) -> str:
    """`dataset_path`, or, if it is a Human3.6M folder, the folder of shards made from it.

    Shards that an earlier run made are kept. Raises SourceError where a video cannot be read.
    """
    folder = Path(dataset_path)
    if not (folder / _LABELS).is_file():
        return dataset_path
    shards = Path(checkpoint_dir, 'shards')
    make_source = functools.partial(Human36M, folder)
    source = make_source()
    claim(shards, source.order)
    _LOGGER.warning('preparing %s into %s, once', folder, shards)
    held = {}
    for result in prepare_parts(make_source, source.parts(), shards, max(workers, 1)):
        if result.error:
            raise SourceError(f'{result.part}: {result.error}')
        held[result.part] = result.held
    write_index(shards, held)
    return str(shards)
