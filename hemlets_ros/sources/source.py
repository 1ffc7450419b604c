"""The interface of image sources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hemlets_ros.geometry.intrinsics import Intrinsics


@dataclass(frozen=True)
class SourceImage:
    """One image of a source."""

    image: np.ndarray  # (H, W, 3) uint8 BGR
    stamp_s: float  # seconds since the source's first image
    name: str  # file name, or index in the video or bag
    stamp_ns: int | None = None  # recorded time of the image; None: unknown
    frame_id: str = ''  # recorded optical frame of the camera; empty: unknown
    intrinsics: Intrinsics | None = None  # recorded with the image; None: unknown
    is_file: bool = False  # True: the image is a file, and `name` is the file's name
    is_photo: bool = False  # True: an independent photo, whose stamp has no meaning


class Source(Protocol):
    """Images in order. A new iteration starts at the first image, except for cameras."""

    @property
    def live(self) -> bool:
        """Whether images arrive in real time, so that images not fetched in time are lost."""
        ...

    @property
    def photos(self) -> bool:
        """Whether images are independent photos, without time between them and of different sizes."""
        ...

    @property
    def rate_hz(self) -> float:
        """Nominal number of images per second."""
        ...

    @property
    def count(self) -> int | None:
        """Nominal number of images; None: unknown."""
        ...

    def __iter__(self) -> Iterator[SourceImage]: ...
