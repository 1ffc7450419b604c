"""Writes videos of images with drawn skeletons; the suffix selects the format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from hemlets_ros.errors import OutputError
from hemlets_ros.results.overlay_kinds import VIDEO_SUFFIXES
from hemlets_ros.system.output_path import OutputClaim

_GIF_MOST_PX, _GIF_MOST_HZ = 640, 15.0  # limits of a GIF, which stores complete images


@dataclass(frozen=True)
class _Format:
    """FFmpeg's settings for a file format."""

    container: str
    codec: str
    pixels: str
    options: dict[str, str] = field(default_factory=dict)
    codec_options: dict[str, str] = field(default_factory=dict)
    most_px: int = 0  # maximum length of the longer side; 0: no limit
    most_hz: float = 0.0  # maximum frame rate; 0: no limit


_FORMATS = {
    # Fragments of 30 frames, so that a video of a killed process lacks only its last few seconds.
    '.mp4': _Format('mp4', 'libx264', 'yuv420p', {
        'movflags': 'hybrid_fragmented+frag_keyframe', 'flush_packets': '1'}, {'g': '30'}),
    '.webm': _Format('webm', 'libvpx-vp9', 'yuv420p', {'flush_packets': '1', 'cluster_time_limit': '1000'}, {
        'g': '30', 'crf': '31', 'b': '0', 'deadline': 'realtime', 'cpu-used': '6'}),
    '.gif': _Format('gif', 'gif', 'pal8', most_px=_GIF_MOST_PX, most_hz=_GIF_MOST_HZ)}


class OverlayVideo:
    """A .mp4 (H.264), .webm (VP9) or .gif; GIFs have at most 640 px and 15 images per second.

    The constructor raises OutputError for another suffix, if the path cannot be written, or if another
    process writes it. Methods raise it if an image cannot be written (e.g. the disk is full).
    """

    def __init__(self, path: str | Path, rate_hz: float) -> None:
        self._path = Path(path)
        suffix = self._path.suffix.lower()
        if suffix not in _FORMATS:
            raise OutputError(f'cannot write {path}: a video ends in {", ".join(VIDEO_SUFFIXES)}')
        self._format = _FORMATS[suffix]
        self._claim = OutputClaim(path)
        self._stream: av.VideoStream | None = None
        self._palette: _Palette | None = None
        try:
            self._path.write_bytes(b'')  # av creates the file only with the first frame
            # An absolute path, because FFmpeg takes text before a colon as a protocol.
            self._container = av.open(f'file:{path}', 'w', format=self._format.container,
                                      options=self._format.options)
        except (OSError, av.FFmpegError) as error:
            self._claim.release()
            raise OutputError(f'cannot write {path}: {error.strerror or error}') from error
        self._every = max(1.0, rate_hz / self._format.most_hz) if self._format.most_hz else 1.0
        self._rate = Fraction(rate_hz / self._every).limit_denominator(1001)
        self._given = self._taken = 0

    def append(self, image: np.ndarray, name: str = '') -> None:
        """Adds a (H, W, 3) uint8 BGR image; it is scaled to fit the size of the first image."""
        self._given += 1
        if self._given - 1 < self._taken * self._every:
            return
        self._taken += 1
        try:
            stream = self._stream or self._start(image)
            picture = av.VideoFrame.from_ndarray(fitted(image, (stream.width, stream.height)), format='bgr24')
            for each in [picture] if self._palette is None else self._palette.of(picture, self._taken - 1):
                self._container.mux(stream.encode(each))
        except (OSError, av.FFmpegError) as error:
            raise OutputError(f'cannot write {self._path}: {error.strerror or error}') from error

    def _start(self, image: np.ndarray) -> av.VideoStream:
        height, width = image.shape[:2]
        scale = min(1.0, self._format.most_px / max(height, width)) if self._format.most_px else 1.0
        # H.264 requires even sizes.
        width, height = (max(int(size * scale) // 2 * 2, 2) for size in (width, height))
        stream = self._container.add_stream(self._format.codec, rate=self._rate,
                                            options=self._format.codec_options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, self._format.pixels
        if self._format.pixels == 'pal8':
            self._palette = _Palette(width, height, self._rate)
        self._stream = stream
        return stream

    def close(self) -> None:
        """Completes and closes the file. Raises OutputError if that fails; the file is closed anyway."""
        try:
            if self._stream is not None:
                self._container.mux(self._stream.encode(None))
        except (OSError, av.FFmpegError) as error:
            raise OutputError(f'cannot write {self._path}: {error.strerror or error}') from error
        finally:
            try:
                self._container.close()
            except (OSError, av.FFmpegError) as error:
                raise OutputError(f'cannot write {self._path}: {error.strerror or error}') from error
            finally:
                self._claim.release()


class _Palette:
    """Reduces each image to its own 256 colours, by FFmpeg's filters palettegen and paletteuse."""

    def __init__(self, width: int, height: int, rate_hz: Fraction) -> None:
        self._graph = graph = av.filter.Graph()
        self._rate_hz = rate_hz
        source = graph.add_buffer(width=width, height=height,
                                  format=av.VideoFormat('bgr24'),
                                  time_base=1 / rate_hz)
        split, use, sink = graph.add('split'), graph.add('paletteuse', 'new=1'), graph.add('buffersink')
        colours = graph.add('palettegen', 'stats_mode=single')
        source.link_to(split)
        split.link_to(use, 0, 0)
        split.link_to(colours, 1, 0)
        colours.link_to(use, 0, 1)
        use.link_to(sink)
        graph.configure()

    def of(self, picture: av.VideoFrame, number: int) -> Iterator[av.VideoFrame]:
        """Adds image `number`; yields the converted images that are ready."""
        picture.pts, picture.time_base = number, 1 / self._rate_hz
        self._graph.push(picture)
        while True:
            try:
                frame = self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            assert isinstance(frame, av.VideoFrame)
            yield frame


def fitted(image: np.ndarray, size_px: tuple[int, int]) -> np.ndarray:
    """Scales a (H, W, 3) uint8 image to fit a width and height, with black bars."""
    width, height = size_px
    if 0 <= image.shape[1] - width <= 1 and 0 <= image.shape[0] - height <= 1:
        return np.ascontiguousarray(image[:height, :width])  # cuts a row or column of odd sizes
    scale = min(width / image.shape[1], height / image.shape[0])
    small = [max(1, round(scale * size)) for size in image.shape[1::-1]]
    resized = cv2.resize(image, small, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    canvas = np.zeros((height, width, 3), np.uint8)
    left, top = (width - small[0]) // 2, (height - small[1]) // 2
    canvas[top:top + small[1], left:left + small[0]] = resized
    return canvas
