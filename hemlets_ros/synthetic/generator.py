"""A data set of rendered people: parts of 500 samples, made by several processes, each part a shard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from hemlets_ros.datasets.sample import Sample
from hemlets_ros.datasets.shards import write_shard
from hemlets_ros.errors import OutputError
from hemlets_ros.one_thread import started_with_one_thread
from hemlets_ros.synthetic.assets import find_assets

PART_SAMPLES = 500


@dataclass(frozen=True)
class Order:
    """What to make. Equal orders give equal samples, however many processes make them."""

    out: Path
    count: int
    seed: int = 0
    assets: Path | None = None
    backgrounds: Path | None = None
    held_out: bool = False  # the outfits and motions that are otherwise never used, and only those
    skeletons: bool = False  # joints and keypoints alone, no pictures
    part_samples: int = PART_SAMPLES

    def parts(self) -> list[int]:
        """Numbers of all parts; part k holds samples 500 k .. 500 k + 499."""
        return list(range(-(-self.count // self.part_samples)))

    def indices(self, part: int) -> range:
        """The samples of a part."""
        return range(part * self.part_samples, min(self.count, (part + 1) * self.part_samples))

    def path(self, part: int) -> Path:
        """The shard of a part; of skeletons, an array (samples, 35, 3)."""
        return self.out / f'part-{part:05d}.{"npy" if self.skeletons else "tar"}'

    def missing(self) -> list[int]:
        """Parts that are not there yet, or with fewer samples, from an order for fewer."""
        return [part for part in self.parts()
                if not self.path(part).exists() or self._length(part) < len(self.indices(part))]

    def visible_path(self, part: int) -> Path:
        """The file beside the shard that says which joints can be seen; of skeletons, the array itself."""
        return self.path(part).with_suffix('.npy' if self.skeletons else '.visible.npy')

    def _length(self, part: int) -> int:
        try:
            return len(np.load(self.visible_path(part), mmap_mode='r'))
        except (OSError, ValueError):  # somebody took only the shards: they count as whole
            return self.part_samples


def generate(order: Order, workers: int, progress: Callable[[int], None] = lambda count: None) -> int:
    """Makes the missing parts, `progress` hears of each one's size; returns how many samples were made.

    workers: processes; 0: this one does it, whose number of threads may show in the last bit of a place.
    Beside each shard is part-*.visible.npy, bool (samples, 18): which joints can be seen.
    Raises OutputError where it cannot write, SourceError where assets or libraries are missing.
    """
    try:
        order.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f'cannot make the folder {order.out}: {error.strerror}') from error
    if not order.skeletons:
        find_assets(order.assets)  # once, before processes would race for it
    missing, made = order.missing(), 0
    if not missing:
        return 0
    if not workers:
        for part in missing:
            count = make_part(order, part)
            made += count
            progress(count)
        return made
    # Fresh processes: OpenGL and torch do not survive a fork.
    with ProcessPoolExecutor(min(workers, len(missing)), get_context('spawn')) as pool:
        with started_with_one_thread():
            waiting = [pool.submit(make_part, order, part) for part in missing]
        try:
            for done in as_completed(waiting):
                count = done.result()
                made += count
                progress(count)
        except BrokenProcessPool as error:
            raise OutputError('a process died, perhaps for want of memory; run again with fewer workers: '
                              'whole parts are kept') from error
        finally:
            pool.shutdown(cancel_futures=True)
    return made


def samples(order: Order, part: int) -> Iterator[tuple[Sample, np.ndarray]]:
    """A part's samples, and which of each one's joints (18,) can be seen."""
    studio = _studio(order)
    cast = studio.cast(part)
    try:
        for index in order.indices(part):
            yield studio.sample(cast, index)
    finally:
        cast.release()


def make_part(order: Order, part: int) -> int:
    """Writes a shard; returns how many samples it has."""
    if order.skeletons:
        return _make_skeletons(order, part)
    visible: list[np.ndarray] = []

    def labelled() -> Iterator[Sample]:
        for sample, seen in samples(order, part):
            visible.append(seen)
            yield sample
        # Before the shard gets its name: what is skipped later is complete.
        np.save(order.visible_path(part), np.stack(visible))

    return write_shard(str(order.path(part)), labelled())


def _make_skeletons(order: Order, part: int) -> int:
    from hemlets_ros.synthetic.skeletons import skeletons  # imported late: it needs torch

    path, count = order.path(part), len(order.indices(part))
    points = skeletons(count, order.seed, part, order.held_out)
    with path.with_suffix('.part').open('wb') as file:
        np.save(file, points)
    Path(file.name).rename(path)
    return count


_STUDIOS: dict[tuple[int, Path | None, Path | None, bool], object] = {}


def _studio(order: Order):  # noqa: ANN202 - scene.Studio, imported late: it needs torch and OpenGL
    import cv2
    import torch

    from hemlets_ros.synthetic.scene import Studio

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    key = (order.seed, order.assets, order.backgrounds, order.held_out)
    if key not in _STUDIOS:
        _STUDIOS[key] = Studio(find_assets(order.assets), order.seed, order.backgrounds, order.held_out)
    return _STUDIOS[key]
