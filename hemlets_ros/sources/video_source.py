"""A video file: each frame once, with the orientation and pixel aspect of a video player."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from hemlets_ros.errors import SourceError
from hemlets_ros.sources.image_bytes import MOST_PX
from hemlets_ros.sources.source import SourceImage
from hemlets_ros.system.error_text import NO_MEMORY, is_of_memory

if TYPE_CHECKING:
    import av

_LOGGER = logging.getLogger(__name__)
_FALLBACK_RATE_HZ = 30.0
_NARROWEST = 0.2  # minimum pixel aspect (width / height); lower values mean damage
_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}


class VideoSource:
    """The frames of a video file, or of a video of finite length at an http:// address.

    Reads by FFmpeg (PyAV), because OpenCV gives black images for interlaced videos, without an error. Frames
    that cannot be decoded are skipped, and a warning counts them. Raises SourceError if no frame can be
    decoded.
    """

    live = False
    photos = False

    def __init__(self, path: Path | str) -> None:
        self._path = path
        with self._open() as container:
            stream = container.streams.video[0]
            rate_hz = float(stream.average_rate or stream.guessed_rate or 0)
            self.count: int | None = stream.frames or None
        self.rate_hz = rate_hz if 0 < rate_hz < 1000 else _FALLBACK_RATE_HZ
        if next(iter(self._frames(warn=False)), None) is None:
            raise SourceError(f'{path} has no frame that can be decoded: is it a complete video file?')

    @staticmethod
    def has_an_end(address: str) -> bool:
        """Whether the video at an http:// address has a known length, unlike a live camera."""
        import av

        try:
            with av.open(address, timeout=10.0) as container:
                return bool(container.streams.video) and (container.duration or 0) > 0
        except (OSError, av.FFmpegError):
            return False

    def __iter__(self) -> Iterator[SourceImage]:
        stamp_s, first_s = 0.0, None
        for index, (image, shown_s) in enumerate(self._frames(warn=True)):
            # Containers with a variable frame rate have stamps; some have none, or only zeros.
            if first_s is None:
                first_s = shown_s
            since_s = -1.0 if shown_s is None or first_s is None else shown_s - first_s
            if index:
                stamp_s = since_s if since_s > stamp_s else stamp_s + 1 / self.rate_hz
            yield SourceImage(image, stamp_s, str(index))

    def _frames(self, warn: bool) -> Iterator[tuple[np.ndarray, float | None]]:
        """Images (H, W, 3) uint8 BGR with their presentation times in s, or None if unknown."""
        import av

        packets = given = 0
        lost: list[bool] = []  # for each frame that cannot be decoded: whether memory was short
        faults = (OSError, ValueError, av.FFmpegError, MemoryError)
        with self._open() as container:
            stream = container.streams.video[0]
            stream.thread_type = 'AUTO'
            expected = stream.frames  # exact, or 0 if unknown
            demuxed = container.demux(stream)
            while True:
                try:
                    packet = next(demuxed, None)
                except (OSError, av.FFmpegError):
                    break  # the file is truncated
                if packet is None:
                    break
                packets += packet.size > 0
                try:
                    frames = packet.decode()
                except faults as error:
                    lost.append(is_of_memory(error))
                    continue
                for frame in frames:  # the last packet can have many, so one after the other
                    try:
                        image = _square(frame.to_ndarray(format='bgr24'), stream.sample_aspect_ratio)
                    except faults as error:
                        lost.append(is_of_memory(error))
                        continue
                    given += 1
                    yield _upright(image, frame.rotation), frame.time
        if warn and packets < expected:
            _LOGGER.warning('%s ends after %d of %d frames: the file is truncated or damaged',
                            self._path, given, expected)
        elif warn and lost:
            reason = f'the file is damaged; or {NO_MEMORY}' if any(lost) else 'the file is damaged'
            _LOGGER.warning('%s: %d frames cannot be decoded: %s', self._path, len(lost), reason)

    def _open(self) -> av.container.InputContainer:
        import av

        try:
            # An absolute path, because FFmpeg takes text before a colon as a protocol.
            container: av.container.InputContainer = av.open(
                f'file:{self._path}' if isinstance(self._path, Path) else self._path, **_other_than_utf8())
        except (OSError, av.FFmpegError, ValueError) as error:
            raise SourceError(f'{self._path} cannot be opened as a video: is it a complete video file?'
                              ) from error
        if not container.streams.video:
            container.close()
            raise SourceError(f'{self._path} cannot be opened as a video: it has no video stream')
        size = container.streams.video[0].codec_context
        if size is None:
            container.close()
            raise SourceError(f'{self._path} cannot be opened as a video: no decoder for its codec')
        if size.width * size.height > MOST_PX:
            container.close()
            raise SourceError(f'{self._path} refused: its images are {size.width} x {size.height} px')
        return container


def _other_than_utf8() -> dict[str, Any]:
    """Options of av.open that allow metadata in other encodings; PyAV 19 always allows them."""
    import av

    return {'metadata_errors': 'replace'} if int(av.__version__.partition('.')[0]) < 19 else {}


def _square(image: np.ndarray, pixel_aspect: Fraction | None) -> np.ndarray:
    """Resizes the image to square pixels; DVDs, TV and some cameras have other pixel aspects."""
    wide = float(pixel_aspect or 1)
    if wide == 1 or not _NARROWEST <= wide <= 1 / _NARROWEST:
        return image
    height, width = image.shape[:2]
    return cv2.resize(image, (max(round(width * wide), 1), height), interpolation=cv2.INTER_LINEAR)


def _upright(image: np.ndarray, degrees: int) -> np.ndarray:
    """Rotates the image as the file's metadata say, e.g. for videos of phones."""
    turn = _TURNS.get(degrees % 360)
    return image if turn is None else cv2.rotate(image, turn)
