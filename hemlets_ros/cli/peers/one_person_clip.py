"""Makes a clip with one person from the bundled clip, for packages that find only one person."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from hemlets_ros.results.overlay_video import OverlayVideo
from hemlets_ros.sources.bundled_clip import CLIP
from hemlets_ros.sources.video_source import VideoSource

#: Number of images in which the jumping man is above this row and the walking man below it.
_IMAGES, _ROW = 45, 350
_GREY = 127


def write_one_person_clip(path: Path) -> None:
    """Writes a clip of the walking man, forwards and backwards for a loop; the upper half is grey."""
    source = VideoSource(CLIP)
    images = [item.image.copy() for item in islice(source, _IMAGES)]
    video = OverlayVideo(path, source.rate_hz)
    for image in images + images[-2:0:-1]:
        image[:_ROW] = _GREY
        video.append(image)
    video.close()
