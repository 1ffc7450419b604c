"""All images of a source through the pipeline: reading, finding people and their poses go on side by side."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import torch

from hemlets_ros.camera import Intrinsics
from hemlets_ros.people import Found, Frame
from hemlets_ros.pipeline import Pipeline
from hemlets_ros.sources import SourceImage

T = TypeVar('T')
R = TypeVar('R')
_DEPTH = 2  # images on their way through a stage: enough for it never to wait, and few to hold
_END: Any = object()


def frames(pipeline: Pipeline, shots: Iterable[SourceImage],
           intrinsics: Intrinsics | None = None) -> Iterator[tuple[SourceImage, Frame]]:
    """Each image and its people, in order: what `Pipeline.process` gives one after the other.

    Three threads work ahead of the caller, who writes. Detector and network get half of torch's threads
    each: with all of them, both would wait for each other. An error of any stage comes after all images
    before it. Closed early, it drops what is on its way.

    Args:
        intrinsics: of the camera; None: what the images say, or else an assumed field of view.
    """
    def find(shot: SourceImage) -> tuple[SourceImage, Found]:
        return shot, pipeline.find(shot.image, intrinsics or shot.intrinsics, stamp_s=shot.stamp_s)

    def pose(pair: tuple[SourceImage, Found]) -> tuple[SourceImage, Frame]:
        return pair[0], pipeline.pose(pair[1])

    threads = torch.get_num_threads()
    half = max(1, threads // 2)
    try:
        yield from ahead(pose, ahead(find, ahead(lambda shot: shot, shots, 1), half), half,
                         shots.stop if getattr(shots, 'live', False) else None)
    finally:
        torch.set_num_threads(threads)


def ahead(work: Callable[[T], R], items: Iterable[T], threads: int,
          stop: Callable[[], None] | None = None) -> Generator[R, None, None]:
    """What `work` makes of the items, in order, made in a thread of its own ahead of the caller.

    Args:
        threads: how many torch may use in it.
        stop: called at the end, however it comes: makes `items` end if they are waiting for a camera.
    """
    made = (work(item) for item in items)  # ends with an error, as all generators do

    def close() -> None:
        made.close()
        if isinstance(items, Generator):
            items.close()

    with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(threads,)) as pool:
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
