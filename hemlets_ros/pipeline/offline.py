"""Runs the pipeline on all images of a source; reading, detection and pose estimation run in parallel."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.people import Detections, Frame, PersonCrops
from hemlets_ros.sources import SourceImage

if TYPE_CHECKING:
    from hemlets_ros.pipeline import Pipeline

T = TypeVar('T')
R = TypeVar('R')
_DEPTH = 2  # images queued between two stages: enough to keep both busy, and little memory
_END: Any = object()


def settings_for(photos: bool) -> dict[str, Any]:
    """Settings of the pipeline for a source; photos: independent images, without tracking."""
    return {'tracking': False, 'detect': 'always', 'detect_every': 1} if photos else {}


def frames(pipeline: Pipeline, source_images: Iterable[SourceImage],
           calibration: tuple[Intrinsics, tuple[int, int]] | None = None,
           ) -> Generator[tuple[SourceImage, Frame], None, None]:
    """Yields each image and its people, in order, with the results of `Pipeline.process`.

    Threads run ahead of the caller: one reads images, one tracks and crops people, one runs the pose network,
    and on a CPU one per core runs the detector, each on an image of its own. This has a higher throughput
    than all cores on the same image, which wait for each other after every layer. Where detection depends on
    the previous image (`detect` auto), one thread does detection and tracking. An error of any stage is
    raised after all images before it. If the generator is closed early, images in progress are dropped.

    Args:
        pipeline: the pipeline to run.
        source_images: the images of a source.
        calibration: the camera's intrinsics, and the image size (width, height) in px to which they apply;
            None: the intrinsics of the images, or else an assumed field of view.
    """
    def stamp_s(item: SourceImage) -> float | None:
        return None if item.is_photo else item.stamp_s

    def due(item: SourceImage) -> tuple[SourceImage, bool]:
        return item, pipeline.is_due(stamp_s(item))

    def detect(pair: tuple[SourceImage, bool]) -> tuple[SourceImage, Detections]:
        return pair[0], pipeline.detect(pair[0].image, pair[1])

    def intrinsics(item: SourceImage) -> Intrinsics | None:
        if calibration is None:
            return item.intrinsics
        return calibration[0].resized(calibration[1], (item.image.shape[1], item.image.shape[0]))

    def follow(pair: tuple[SourceImage, Detections]) -> tuple[SourceImage, PersonCrops]:
        item, detected = pair
        return item, pipeline.follow(item.image, detected, intrinsics(item), stamp_s(item))

    def find(item: SourceImage) -> tuple[SourceImage, PersonCrops]:
        return item, pipeline.find(item.image, intrinsics(item), stamp_s=stamp_s(item))

    def pose(pair: tuple[SourceImage, PersonCrops]) -> tuple[SourceImage, Frame]:
        frame = pipeline.pose(pair[1])
        return pair[0], replace(frame, image_name=pair[0].name) if pair[0].is_file else frame

    pipeline.live = bool(getattr(source_images, 'live', False))
    stop = getattr(source_images, 'stop', None) if pipeline.live else None
    if pipeline.is_selective:
        return ahead(pose, ahead(find, source_images), stop)
    detected = in_parallel(detect, ahead(due, source_images), pipeline.detections_at_once)
    return ahead(pose, ahead(follow, detected), stop)


def ahead(work: Callable[[T], R], items: Iterable[T],
          stop: Callable[[], None] | None = None) -> Generator[R, None, None]:
    """Yields work(item) for each item, in order; a thread computes the results ahead of the caller.

    Args:
        work: called in that thread.
        items: iterated in that thread.
        stop: called at the end, also after an error; it must end `items` if they are waiting for a camera.
    """
    made = (work(item) for item in items)  # a generator ends at its first error

    def close() -> None:
        made.close()
        if isinstance(items, Generator):
            items.close()

    with _threads(1) as pool:
        waiting = deque(pool.submit(next, made, _END) for _ in range(_DEPTH))
        try:
            while (result := waiting.popleft().result()) is not _END:
                waiting.append(pool.submit(next, made, _END))
                yield result
        finally:
            if stop is not None:
                stop()
            for future in waiting:
                future.cancel()
            pool.submit(close).result()  # in the thread that may be computing the next result


def in_parallel(work: Callable[[T], R], items: Generator[T, None, None],
                threads: int) -> Generator[R, None, None]:
    """Yields work(item) for each item, in order; a number of threads work on different items at once."""
    def submit() -> Future[R]:
        read = reader.submit(next, items, _END)

        def result() -> Any:  # an R, or _END
            item = read.result()
            return item if item is _END else work(item)

        return pool.submit(result)

    with ThreadPoolExecutor(1) as reader, _threads(threads, alone=threads == 1) as pool:
        waiting = deque(submit() for _ in range(threads + 1))
        try:
            while (result := waiting.popleft().result()) is not _END:
                waiting.append(submit())
                yield result
        finally:
            for future in waiting:
                future.cancel()
            reader.submit(items.close).result()


def _threads(count: int, alone: bool = True) -> ThreadPoolExecutor:
    """A thread pool. If torch is loaded, it uses one core per thread, or with `alone` as many as here."""
    torch = sys.modules.get('torch')
    if torch is None:
        return ThreadPoolExecutor(count)
    return ThreadPoolExecutor(count, initializer=torch.set_num_threads,
                              initargs=(torch.get_num_threads() if alone else 1,))
