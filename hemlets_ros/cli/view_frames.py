"""Frames with images for `hemlets view`: recorded, live, or from a source that is processed now."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from hemlets_ros.cli.arguments import settings_of
from hemlets_ros.cli.interrupts import asked_to_stop
from hemlets_ros.cli.recorded_frames import SKELETONS, skeletons_topic
from hemlets_ros.errors import InputError, SourceError
from hemlets_ros.settings import PIPELINE_SETTINGS, SourceSettings
from hemlets_ros.sources import SourceImage, open_source
from hemlets_ros.sources.bag_files import looks_like_bag
from hemlets_ros.sources.bag_reading import topics_of
from hemlets_ros.system.source_path import source_path

if TYPE_CHECKING:
    import numpy as np

    from hemlets_ros.people import Frame

    #: Frames with their images (H, W, 3) uint8 BGR, or None if unknown.
    Frames: TypeAlias = Generator[tuple[Frame, np.ndarray | None], None, None]

def frames_of(options: argparse.Namespace) -> Frames:
    """The frames selected by the options of `hemlets view`. Raises HemletsError if there are none."""
    if options.ros:
        return _live(options)
    if Path(options.source).suffix.lower() == '.json':
        return _recorded(options)
    path = source_path(options.source)
    if path is not None and looks_like_bag(path) and (topics := topics_of(path, SKELETONS)):
        return _of_bag(options, path, topics)
    return _processed(options)


def _of_bag(options: argparse.Namespace, path: Path, topics: list[str]) -> Frames:
    """The skeletons in a bag, with the images of the same stamps if these are readable."""
    # Imported when used: it brings rclpy.
    from hemlets_ros.nodes.recorded_skeletons import recorded_skeletons

    wanted = skeletons_topic(path, topics, options.skeletons_topic)
    images = _images(options, options.images or options.source)

    def frames() -> Frames:
        image: SourceImage | None = None
        for stamp_ns, frame in recorded_skeletons(path, wanted):
            while image is None or image.stamp_ns is None or image.stamp_ns < stamp_ns:
                image = next(images, None)
                if image is None or image.stamp_ns is None:  # images of a video are matched in order
                    break
            fits = image is not None and image.stamp_ns in (None, stamp_ns)
            yield frame, image.image if image is not None and fits else None

    return frames()


def _live(options: argparse.Namespace) -> Frames:
    """The frames of a running graph, until Ctrl-C."""
    # Imported when used: it brings rclpy.
    from hemlets_ros.nodes.live_skeletons import live_skeletons

    def frames() -> Frames:
        with asked_to_stop('live view ends') as asked:
            yield from live_skeletons(asked, options.namespace, options.skeletons_topic, options.topic)

    return frames()


def _recorded(options: argparse.Namespace) -> Frames:
    """The frames of a recording, with their images if these are readable."""
    from hemlets_ros.results.skeleton_json import read_head, read_skeletons

    frames = read_skeletons(options.source)
    images = _images(options, options.images or read_head(options.source).get('source', ''))
    return ((frame, next((item.image for item in images), None)) for frame in frames)


def _images(options: argparse.Namespace, name: str) -> Iterator[SourceImage]:
    if not name or source_path(name) is None:
        return
    try:
        yield from open_source(SourceSettings(source=name, topic=options.topic))
    except (SourceError, InputError) as error:
        print(f'hemlets: without images: {error}; give --images or --topic', file=sys.stderr)


def _processed(options: argparse.Namespace) -> Frames:
    """Processes a source and yields its frames as they are ready."""
    from hemlets_ros.pipeline import Pipeline

    pipeline = Pipeline(**{name: value for group in PIPELINE_SETTINGS
                           for name, value in settings_of(options, group).items()})
    settings = SourceSettings(**settings_of(options, SourceSettings))
    results = pipeline.stream(settings.source, calibration=settings.calibration or None, topic=settings.topic,
                              as_video=options.as_video)
    return ((each.frame, each.image) for each in results)
