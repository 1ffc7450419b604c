"""All images of a source through the pipeline; reading, detection and pose estimation run in parallel."""

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
_DEPTH = 2  # images on their way through a stage: enough for it never to wait, and few to hold
_END: Any = object()


def settings_for(photos: bool) -> dict[str, Any]:
    """Settings of a pipeline that a source calls for: nobody is followed from photo to photo."""
    return {'tracking': False, 'detect': 'always', 'detect_every': 1} if photos else {}


def frames(pipeline: Pipeline, source_images: Iterable[SourceImage],
           calibration: tuple[Intrinsics, tuple[int, int]] | None = None,
           ) -> Generator[tuple[SourceImage, Frame], None, None]:
    """Each image and its people, in order: what `Pipeline.process` gives one after the other.

    Threads work ahead of the caller, who writes: one reads, one follows and cuts out people, one poses them,
    and on a CPU one a core detects, each in an image of its own. That does more than all cores in the same
    image, which wait for each other after every layer; where detection depends on the image before (`detect`
    auto), one thread does both. An error of any stage comes after all images before
    it. Closed early, it drops what is on its way.

    Args:
        calibration: the camera's intrinsics, and the image size (width, height) in px that they are for;
            None: what the images say, or else an assumed field of view.
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
    asked = abreast(detect, ahead(due, source_images), pipeline.detections_at_once)
    return ahead(pose, ahead(follow, asked), stop)


def ahead(work: Callable[[T], R], items: Iterable[T],
          stop: Callable[[], None] | None = None) -> Generator[R, None, None]:
    """What `work` makes of the items, in order, made in a thread of its own ahead of the caller.

    Args:
        stop: called at the end, however it comes: makes `items` end if they are waiting for a camera.
    """
    made = (work(item) for item in items)  # ends with an error, as all generators do

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
            pool.submit(close).result()  # in the thread that may be at work on the next


def abreast(work: Callable[[T], R], items: Generator[T, None, None],
            threads: int) -> Generator[R, None, None]:
    """What `work` makes of the items, in order, of as many at once as there are threads."""
    def ask() -> Future[R]:
        asked = reader.submit(next, items, _END)

        def made() -> Any:  # an R, or the end
            item = asked.result()
            return item if item is _END else work(item)

        return pool.submit(made)

    with ThreadPoolExecutor(1) as reader, _threads(threads, alone=threads == 1) as pool:
        waiting = deque(ask() for _ in range(threads + 1))
        try:
            while (result := waiting.popleft().result()) is not _END:
                waiting.append(ask())
                yield result
        finally:
            for future in waiting:
                future.cancel()
            reader.submit(items.close).result()


def _threads(count: int, alone: bool = True) -> ThreadPoolExecutor:
    """Threads in which torch, if it is there at all, uses as many of its own as here, or one each."""
    torch = sys.modules.get('torch')
    if torch is None:
        return ThreadPoolExecutor(count)
    return ThreadPoolExecutor(count, initializer=torch.set_num_threads,
                              initargs=(torch.get_num_threads() if alone else 1,))
