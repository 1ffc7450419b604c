"""Where images come from: a video, a bag, images in a folder, a camera; one file a kind, behind one class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from hemlets_ros.errors import SourceError
from hemlets_ros.geometry.camera import Intrinsics
from hemlets_ros.settings import SourceSettings


@dataclass(frozen=True)
class SourceImage:
    """One image of a source."""

    image: np.ndarray  # (H, W, 3) uint8 BGR
    stamp_s: float  # seconds since the source's first image
    name: str  # file, or number in the video
    stamp_ns: int | None = None  # when it was taken, as recorded; None: not known
    frame_id: str = ''  # the camera's optical frame, as recorded
    intrinsics: Intrinsics | None = None  # as recorded


class Source(Protocol):
    """Images in order; iterating again starts again."""

    live: bool  # True: images come when they come, and those not fetched are lost
    rate_hz: float  # nominal
    count: int | None  # how many there should be; None: not known

    def __iter__(self) -> Iterator[SourceImage]: ...


def open_source(settings: SourceSettings) -> Source:
    """The source that `settings.source` names. Raises SourceError where there is nothing to read."""
    from hemlets_ros.sources.bag_files import is_bag
    from hemlets_ros.sources.camera import CameraSource
    from hemlets_ros.sources.images import IMAGE_SUFFIXES, ImagesSource
    from hemlets_ros.sources.video import VideoSource

    name = settings.source
    if name.isdecimal() or '://' in name:
        return CameraSource(int(name) if name.isdecimal() else name, settings.reconnect_s)
    path = Path(name).expanduser()
    if not path.exists():
        raise SourceError(f'no such file or folder: {name}')
    if is_bag(path):
        # Imported when used: rosbags is needed for nothing else.
        from hemlets_ros.sources.bag import BagSource

        return BagSource(path, settings.topic)
    if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES:
        return ImagesSource(path)
    return VideoSource(path)
