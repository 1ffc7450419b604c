"""Runs a pipeline on all images of a source and yields Results."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from hemlets_ros.geometry.calibration import read_calibration
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.pipeline import offline
from hemlets_ros.results.results import Results
from hemlets_ros.settings import SourceSettings
from hemlets_ros.sources import Source, check_as_video, open_source

if TYPE_CHECKING:
    from hemlets_ros.pipeline.pipeline import Pipeline


def stream(pipeline: Pipeline, settings: SourceSettings, folder_rate_hz: float) -> Iterator[Results]:
    """Yields the people in each image of a source, in order.

    folder_rate_hz: rate of the images of a folder; 0: independent photos, without tracking.

    Raises HemletsError at once if the source cannot be opened.
    """
    check_as_video(settings.source, folder_rate_hz)
    source = open_source(settings, folder_rate_hz)
    camera = read_calibration(settings.calibration) if settings.calibration else None
    pipeline.reset()
    return _results(pipeline, source, camera)


def _results(pipeline: Pipeline, source: Source, calibration: tuple[Intrinsics, tuple[int, int]] | None,
             ) -> Iterator[Results]:
    if source.photos:
        for item in source:
            height, width = item.image.shape[:2]
            camera = None if calibration is None else calibration[0].resized(calibration[1], (width, height))
            yield Results(pipeline.process_photo(item.image, item.name, camera), item.image)
        return
    try:
        with closing(offline.frames(pipeline, source, calibration)) as done:
            for item, frame in done:
                yield Results(frame, item.image)
    finally:
        pipeline.live = False
