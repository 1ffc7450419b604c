"""Completes videos of killed processes: converts fragmented files to plain, seekable ones."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import av

from hemlets_ros.errors import InputError, OutputError

_CONTAINERS = {'.mp4': 'mp4', '.webm': 'webm'}


def finish_video(path: Path) -> int:
    """Rewrites a .mp4 or .webm without encoding it again; returns the number of images.

    Raises InputError if no image is complete, OutputError if it cannot be written. The file is then
    unchanged.
    """
    part = path.resolve().with_name(f'.{path.name}.part')
    try:
        count = _copy(path, part, _CONTAINERS[path.suffix.lower()])
        if not count:
            raise InputError(f'{path}: no complete image')
        part.replace(path.resolve())
    except (OSError, av.FFmpegError) as error:
        raise OutputError(f'cannot finish {path}: {error.strerror or error}') from error
    finally:
        part.unlink(missing_ok=True)
    return count


def _copy(path: Path, part: Path, container: str) -> int:
    try:
        source = av.open(f'file:{path}')
    except av.FFmpegError as error:
        raise InputError(f'{path}: no complete image') from error
    with source:
        if not source.streams.video:
            raise InputError(f'{path}: no complete image')
        count, target = 0, av.open(f'file:{part}', 'w', format=container)
        with target:
            stream = target.add_stream_from_template(source.streams.video[0])
            with suppress(av.InvalidDataError, av.EOFError):  # the last fragment is truncated
                for packet in source.demux(video=0):
                    if packet.dts is not None:  # skips the last packet, which is empty
                        packet.stream = stream
                        target.mux(packet)
                        count += 1
    return count
