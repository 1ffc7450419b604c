"""A clip with one person, made of the bundled one: for packages that find one person only."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from hemlets_ros.results.overlay_video import OverlayVideo
from hemlets_ros.sources.bundled_clip import CLIP
from hemlets_ros.sources.video_source import VideoSource

#: So long the man who jumps stays above this row, and the one who walks below it.
_IMAGES, _ROW = 45, 350
_GREY = 127


def write_one_person_clip(path: Path) -> None:
    """The man who walks, forwards and backwards, so that the clip can be repeated; the upper half is grey."""
    source = VideoSource(CLIP)
    images = [item.image.copy() for item in islice(source, _IMAGES)]
    video = OverlayVideo(path, source.rate_hz)
    for image in images + images[-2:0:-1]:
        image[:_ROW] = _GREY
        video.append(image)
    video.close()
