"""Image sequences for following people: videos, people side by side, synthetic people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np

from harness import MAX_PEOPLE
from harness.clip_images import ClipImages, endless
from hemlets_ros.settings import FOLDER_RATE_HZ, SourceSettings
from hemlets_ros.sources import open_source

FOUR, GENERATED = 'four people', 'generated'
_PAUSE_S = 5.0  # time between two scenes
_ROWS, _GREY = 2, 127
#: An image, its time in s, and the true joints (18, 3) mm of its person, or None.
Shot = tuple[np.ndarray, float, 'np.ndarray | None']


def shots(source: str, most: int | None) -> Iterable[Shot]:
    """The images of a video, or of FOUR or GENERATED people; at most `most`."""
    if source == FOUR:
        return islice(side_by_side(4), most or 60)
    if source == GENERATED:
        return islice(_generated(), most)
    items = open_source(SourceSettings(source=source), FOLDER_RATE_HZ)
    return ((item.image, item.stamp_s, None) for item in islice(items, most))


def _generated() -> Iterable[Shot]:
    from harness.generated_clip import generated_clip

    stamp_s = 0.0
    for shot in generated_clip():
        stamp_s += _PAUSE_S if shot.is_first else 1 / FOLDER_RATE_HZ
        yield shot.image, stamp_s, shot.joints_mm


def side_by_side(people: int) -> Iterator[Shot]:
    """Some of ClipImages' eight people in an endless loop; the others are covered in grey."""
    images = [image.copy() for image in ClipImages().images(MAX_PEOPLE)]
    height, width = images[0].shape[:2]
    columns = MAX_PEOPLE // _ROWS
    for image in images:
        for place in range(people, MAX_PEOPLE):
            row, column = divmod(place, columns)
            image[row * height // _ROWS:(row + 1) * height // _ROWS,
                  column * width // columns:(column + 1) * width // columns] = _GREY
    return ((image, stamp_s, None) for image, stamp_s in endless(images))
