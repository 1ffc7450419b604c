"""A data set of rendered people: parts of 500 samples, made by several processes, each part a shard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from hemlets_ros.errors import OutputError
from hemlets_ros.lab.datasets.sample import Sample
from hemlets_ros.lab.datasets.shards import write_shard
from hemlets_ros.lab.synthetic.assets import find_assets
from hemlets_ros.lab.synthetic.definition import ANNY
from hemlets_ros.lab.synthetic.phenotype import CHILDREN
from hemlets_ros.lab.worker_processes import one_thread_each, worker_pool

PART_SAMPLES = 500


@dataclass(frozen=True)
class SynthConfig:
    """What to make. Equal configs give equal samples, however many processes make them."""

    out: Path
    count: int
    seed: int = 0
    assets: Path | None = None
    backgrounds: Path | None = None
    held_out: bool = False  # the outfits and motions that are otherwise never used, and only those
    skeletons: bool = False  # joints and keypoints alone, no pictures
    avatars: Path | None = None  # folders of rigged people, of motion capture, of panoramas
    motions: Path | None = None
    panoramas: Path | None = None
    furnished: bool = False  # furniture, people cut by the border, near and low cameras, poor light
    joints: str = ANNY  # see `definition`
    children: float = CHILDREN  # their share among made-up people
    part_samples: int = PART_SAMPLES

    @property
    def staged(self) -> bool:
        """Does it need more than made-up people before made-up or photographed places?"""
        return bool(self.avatars or self.motions or self.panoramas or self.furnished or self.joints != ANNY
                    or self.children != CHILDREN)

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
        """Parts that are not there yet, or with fewer samples, from an earlier run for fewer."""
        return [part for part in self.parts()
                if not self.path(part).exists() or self._length(part) < len(self.indices(part))]

    def visible_path(self, part: int) -> Path:
        """The file beside the shard that says which joints can be seen; of skeletons, the array itself."""
        return self.path(part).with_suffix('.npy' if self.skeletons else '.visible.npy')

    def _length(self, part: int) -> int:
        try:
            return len(np.load(self.visible_path(part), mmap_mode='r'))
        except (OSError, ValueError):  # only the shards were copied: they count as complete
            return self.part_samples


def generate(config: SynthConfig, workers: int, progress: Callable[[int], None] = lambda count: None) -> int:
    """Makes the missing parts, calls `progress` with the size of each; returns how many samples were made.

    workers: processes; 0: this one does it, whose number of threads may show in the last bit of a place.
    Beside each shard is part-*.visible.npy, bool (samples, 18): which joints can be seen.
    Raises OutputError where it cannot write, SourceError where assets or libraries are missing.
    """
    try:
        config.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f'cannot make the folder {config.out}: {error.strerror}') from error
    if not config.skeletons:
        find_assets(config.assets)  # once, before processes would race for it
    missing, made = config.missing(), 0
    if not missing:
        return 0
    if not workers:
        for part in missing:
            count = make_part(config, part)
            made += count
            progress(count)
        return made
    # Fresh processes: OpenGL and torch do not survive a fork.
    with worker_pool(min(workers, len(missing)), get_context('spawn')) as pool:
        with one_thread_each():
            waiting = [pool.submit(make_part, config, part) for part in missing]
        try:
            for done in as_completed(waiting):
                count = done.result()
                made += count
                progress(count)
        except BrokenProcessPool as error:
            raise OutputError('a worker process died, perhaps out of memory; run again with fewer --workers: '
                              'complete parts are kept') from error
        finally:
            pool.shutdown(cancel_futures=True)
    return made


def samples(config: SynthConfig, part: int) -> Iterator[tuple[Sample, np.ndarray]]:
    """A part's samples, and which of each one's joints (18,) can be seen."""
    studio = _studio(config)
    cast = studio.cast(part)
    try:
        for index in config.indices(part):
            yield studio.sample(cast, index)
    finally:
        cast.release()


def make_part(config: SynthConfig, part: int) -> int:
    """Writes a shard; returns how many samples it has."""
    if config.skeletons:
        return _make_skeletons(config, part)
    visible: list[np.ndarray] = []

    def labelled() -> Iterator[Sample]:
        for sample, seen in samples(config, part):
            visible.append(seen)
            yield sample
        # Before the shard gets its name: what is skipped later is complete.
        np.save(config.visible_path(part), np.stack(visible))

    return write_shard(str(config.path(part)), labelled())


def _make_skeletons(config: SynthConfig, part: int) -> int:
    from hemlets_ros.lab.synthetic.skeletons import skeletons  # imported late: it needs torch

    path, count = config.path(part), len(config.indices(part))
    points = skeletons(config, count, part)
    with path.with_suffix('.part').open('wb') as file:
        np.save(file, points)
    Path(file.name).rename(path)
    return count


_STUDIOS: dict[SynthConfig, object] = {}


def _studio(config: SynthConfig):  # noqa: ANN202 - scene.Studio, imported late: it needs torch and OpenGL
    from hemlets_ros.lab.synthetic.scene import Studio
    from hemlets_ros.lab.synthetic.stage import Stage

    key = replace(config, out=Path(), count=0)
    if key not in _STUDIOS:
        common = find_assets(config.assets), config.seed, config.backgrounds, config.held_out
        _STUDIOS[key] = Stage(config, *common) if config.staged else Studio(*common)
    return _STUDIOS[key]
