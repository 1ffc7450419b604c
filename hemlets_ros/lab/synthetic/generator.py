"""Generates a data set of rendered people in several processes; each part of 500 samples is a shard."""

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
    """Parameters of a data set. The samples do not depend on the number of processes."""

    out: Path
    count: int
    seed: int = 0
    assets: Path | None = None
    backgrounds: Path | None = None
    held_out: bool = False  # True: only held-out outfits, avatars, motions, panoramas; False: none of them
    skeletons: bool = False  # joints and keypoints only, without images
    avatars: Path | None = None  # folders of avatars, motion capture and panoramas
    motions: Path | None = None
    panoramas: Path | None = None
    furnished: bool = False  # with furniture, truncated people, near and low cameras, poor light
    joints: str = ANNY  # see `definition`
    children: float = CHILDREN  # share of children among generated (non-avatar) people
    part_samples: int = PART_SAMPLES

    @property
    def staged(self) -> bool:
        """Whether `stage.Stage` is needed rather than the simpler `scene.Studio`."""
        return bool(self.avatars or self.motions or self.panoramas or self.furnished or self.joints != ANNY
                    or self.children != CHILDREN)

    def parts(self) -> list[int]:
        """Numbers of all parts; part k holds the samples from k * part_samples on."""
        return list(range(-(-self.count // self.part_samples)))

    def indices(self, part: int) -> range:
        """The sample numbers of a part."""
        return range(part * self.part_samples, min(self.count, (part + 1) * self.part_samples))

    def path(self, part: int) -> Path:
        """The file of a part: a shard, or for skeletons an array (samples, 35, 3)."""
        return self.out / f'part-{part:05d}.{"npy" if self.skeletons else "tar"}'

    def missing(self) -> list[int]:
        """Parts that do not exist, or have fewer samples because an earlier run had a smaller count."""
        return [part for part in self.parts()
                if not self.path(part).exists() or self._length(part) < len(self.indices(part))]

    def visible_path(self, part: int) -> Path:
        """The file with the visibility of joints beside the shard; for skeletons, the array itself."""
        return self.path(part).with_suffix('.npy' if self.skeletons else '.visible.npy')

    def _length(self, part: int) -> int:
        try:
            return len(np.load(self.visible_path(part), mmap_mode='r'))
        except (OSError, ValueError):  # a shard without this file was copied; it is assumed complete
            return self.part_samples


def generate(config: SynthConfig, workers: int, progress: Callable[[int], None] = lambda count: None) -> int:
    """Makes the missing parts, calls `progress` with the size of each, and returns the number of samples.

    workers: number of processes; 0: no new process. With 0, the last bit of positions may depend on the
    number of threads.
    Beside each shard, part-*.visible.npy, bool (samples, 18), has the visibility of joints.
    Raises OutputError if it cannot write, SourceError if assets or libraries are missing.
    """
    try:
        config.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f'cannot make the folder {config.out}: {error.strerror}') from error
    if not config.skeletons:
        find_assets(config.assets)  # here, so that processes do not download assets at the same time
    missing, made = config.missing(), 0
    if not missing:
        return 0
    if not workers:
        for part in missing:
            count = make_part(config, part)
            made += count
            progress(count)
        return made
    # Processes are spawned, because OpenGL and torch do not work after a fork.
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
    """The samples of a part, each with the visibility (18,) of its joints."""
    studio = _studio(config)
    cast = studio.cast(part)
    try:
        for index in config.indices(part):
            yield studio.sample(cast, index)
    finally:
        cast.release()


def make_part(config: SynthConfig, part: int) -> int:
    """Writes the file of a part; returns its number of samples."""
    if config.skeletons:
        return _make_skeletons(config, part)
    visible: list[np.ndarray] = []

    def labelled() -> Iterator[Sample]:
        for sample, seen in samples(config, part):
            visible.append(seen)
            yield sample
        # Written before the shard, so that a part whose shard exists is complete.
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
