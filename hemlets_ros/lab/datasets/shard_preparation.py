"""Converts a data set to shards, one per part, in parallel; keeps complete shards."""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hemlets_ros.errors import HemletsError
from hemlets_ros.lab.datasets import LabelledSource
from hemlets_ros.lab.datasets.index import ShardEntry, read_index, scan_shard, size_bytes
from hemlets_ros.lab.datasets.sample import Sample
from hemlets_ros.lab.datasets.shards import write_shard
from hemlets_ros.lab.worker_processes import one_thread_each, worker_pool

#: Seed of the order of samples in a shard, so that reading it does not give a video's frames in sequence.
_SHUFFLE_SEED = 0


@dataclass(frozen=True)
class Prepared:
    """The result for a part."""

    part: str
    entry: ShardEntry | None = None  # None: there is no complete shard
    written: bool = False  # False: the shard already existed
    error: str = ''  # the reason if there is no shard
    warnings: tuple[str, ...] = ()


def prepare_parts(make_source: Callable[[], LabelledSource], parts: Iterable[str], folder: Path,
                  workers: int = 1) -> Iterator[Prepared]:
    """Writes `<part>.tar` for each part into a folder, and yields each result when it is done, in any order.

    The error of an unreadable part is in its result; the other parts are still written. Before the call, the
    folder must be reserved for this data set (`index.reserve`); afterwards, its index must be written.

    Args:
        make_source: makes the data set; called once in each worker, so it must be picklable.
        workers: number of processes; 1: this process.
    """
    known = read_index(str(folder))
    if workers == 1:
        with _Warnings():  # the caller made the same source and already got its warnings
            source = make_source()
        for part in parts:
            yield _prepared(source, part, folder, known.get(part))
        return
    # Forking would copy locks that other threads hold.
    pool = worker_pool(workers, multiprocessing.get_context('spawn'), _start, make_source)
    try:
        with one_thread_each():
            futures = {pool.submit(_prepared_by_worker, part, folder, known.get(part)): part
                       for part in parts}
        for future in as_completed(futures):
            yield _result(future, futures[future])
    finally:
        pool.shutdown(cancel_futures=True)


def _prepared(source: LabelledSource, part: str, folder: Path, known: ShardEntry | None) -> Prepared:
    """Writes a part's shard, or checks the existing one."""
    shard = folder / f'{part}.tar'
    people: dict[str, list[str]] = {}

    def noted(samples: Iterable[Sample]) -> Iterator[Sample]:
        for sample in samples:
            people.setdefault(sample.subject, []).append(sample.key)
            yield sample

    with _Warnings() as warnings:
        try:
            written = not shard.exists()
            if written:
                write_shard(str(shard), noted(source.read(part)), _SHUFFLE_SEED)
                entry = ShardEntry(size_bytes(str(shard)), people)
            elif known is not None and known.size_bytes == size_bytes(str(shard)):
                entry = known
            else:
                entry = scan_shard(str(shard))
        except HemletsError as error:
            return Prepared(part, error=str(error), warnings=tuple(warnings.texts))
    return Prepared(part, entry, written, warnings=tuple(warnings.texts))


_worker_source: LabelledSource | None = None


def _start(make_source: Callable[[], LabelledSource]) -> None:
    global _worker_source
    with _Warnings():
        _worker_source = make_source()


def _prepared_by_worker(part: str, folder: Path, known: ShardEntry | None) -> Prepared:
    if _worker_source is None:
        raise RuntimeError('the worker was not started by _start')
    return _prepared(_worker_source, part, folder, known)


def _result(future: Future[Prepared], part: str) -> Prepared:
    error: Any = future.exception()  # a part that kills its worker must not end the other parts silently
    return Prepared(part, error=f'{type(error).__name__}: {error}') if error else future.result()


class _Warnings(logging.Handler):
    """Collects this package's warnings in a worker, so that the parent can print them."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []
        self._logger = logging.getLogger('hemlets_ros')

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())

    def __enter__(self) -> _Warnings:
        self._propagated = self._logger.propagate
        self._logger.propagate = False
        self._logger.addHandler(self)
        return self

    def __exit__(self, *details: object) -> None:
        self._logger.removeHandler(self)
        self._logger.propagate = self._propagated
