"""Videos of images with skeletons drawn in; the suffix selects the format."""

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

_GIF_MOST_PX, _GIF_MOST_HZ = 640, 15.0  # of a GIF, which stores every image whole


@dataclass(frozen=True)
class _Format:
    """How FFmpeg writes a kind of file."""

    container: str
    codec: str
    pixels: str
    options: dict[str, str] = field(default_factory=dict)
    codec_options: dict[str, str] = field(default_factory=dict)
    most_px: int = 0  # of the longer side; 0: as it is
    most_hz: float = 0.0  # 0: as it is


_FORMATS = {
    # A video whose process is killed plays up to its last few seconds: 30 frames are written at once.
    '.mp4': _Format('mp4', 'libx264', 'yuv420p', {
        'movflags': 'hybrid_fragmented+frag_keyframe', 'flush_packets': '1'}, {'g': '30'}),
    '.webm': _Format('webm', 'libvpx-vp9', 'yuv420p', {'flush_packets': '1', 'cluster_time_limit': '1000'}, {
        'g': '30', 'crf': '31', 'b': '0', 'deadline': 'realtime', 'cpu-used': '6'}),
    '.gif': _Format('gif', 'gif', 'pal8', most_px=_GIF_MOST_PX, most_hz=_GIF_MOST_HZ)}


class OverlayVideo:
    """A .mp4 (H.264), .webm (VP9) or .gif; GIFs have at most 640 px and 15 images per second.

    Raises OutputError when it is made, for another suffix, if the path cannot be written or another process
    writes it; and where an image cannot be written (a full disk).
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
            # Not by its bare name: what is before a colon would be a protocol.
            self._container = av.open(f'file:{path}', 'w', format=self._format.container,
                                      options=self._format.options)
        except (OSError, av.FFmpegError) as error:
            self._claim.release()
            raise OutputError(f'cannot write {path}: {error.strerror or error}') from error
        self._every = max(1.0, rate_hz / self._format.most_hz) if self._format.most_hz else 1.0
        self._rate = Fraction(rate_hz / self._every).limit_denominator(1001)
        self._given = self._taken = 0

    def append(self, image: np.ndarray, name: str = '') -> None:
        """Adds a (H, W, 3) uint8 BGR image; one of another size than the first one's is fitted into that."""
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
        # H.264 wants even sizes.
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
        """Completes the file. Raises OutputError where that cannot be done; it is closed all the same."""
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
    """The 256 colours of each image: FFmpeg's filters palettegen and paletteuse."""

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
        """The images that are ready, each in its colours; the one given is the `number`-th."""
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
    """A (H, W, 3) uint8 image of that width and height: scaled as a whole, with black bars where it ends."""
    width, height = size_px
    if 0 <= image.shape[1] - width <= 1 and 0 <= image.shape[0] - height <= 1:
        return np.ascontiguousarray(image[:height, :width])  # odd sizes lose a row or column
    scale = min(width / image.shape[1], height / image.shape[0])
    small = [max(1, round(scale * size)) for size in image.shape[1::-1]]
    resized = cv2.resize(image, small, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    canvas = np.zeros((height, width, 3), np.uint8)
    left, top = (width - small[0]) // 2, (height - small[1]) // 2
    canvas[top:top + small[1], left:left + small[0]] = resized
    return canvas
