"""Chooses the transport between local processes by the size of /dev/shm."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path('/dev/shm')  # what Fast DDS uses; Docker gives it 64 MB
PROFILE_VARIABLES = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE')  # of Kilted; of Jazzy
BUILTIN_VARIABLE = 'FASTDDS_BUILTIN_TRANSPORTS'
_MIB = 2 ** 20


@dataclass(frozen=True)
class Transport:
    """How messages go from one process to another of this machine."""

    profile: str  # a file in config/; empty: no shared memory, UDP
    segment_bytes: int  # shared memory of each process

    @property
    def largest_bytes(self) -> float:
        """Larger messages are sent in parts."""
        return 0.9 * self.segment_bytes

    def warning(self, image_bytes: int, total_bytes: int) -> str:
        """Why images of that size will be slow, and what to do; empty: they will not."""
        if self == LARGE or image_bytes < self.largest_bytes:
            return ''
        return (f'images of {image_bytes / _MIB:.1f} MiB are sent in parts, more slowly, and without '
                f'reliable_images most are lost: {FOLDER} has {total_bytes / _MIB:.0f} MiB only, too '
                'little for them; start the container with --shm-size=1g')


LARGE = Transport('fastdds_shm.xml', 64 * _MIB)
SMALL = Transport('fastdds_small_shm.xml', 8 * _MIB)
UDP = Transport('', 0)


def transport_for(total_bytes: int, free_bytes: int, sends_images: bool = True) -> Transport:
    """The transport for a shared memory of that size; a graph has about seven processes, each with a segment.

    sends_images: False for a process that only receives them: messages lie in the segment of their sender.

    Where a segment cannot be made Fast DDS goes on without a word: by UDP, but with the profile's settings.
    """
    for transport in (LARGE, SMALL) if sends_images else (SMALL,):
        if total_bytes >= 7 * transport.segment_bytes and free_bytes >= 1.25 * transport.segment_bytes:
            return transport
    return UDP


def chosen_by_user() -> str:
    """The environment variable by which the user has chosen the transport; empty: none."""
    return next(filter(os.environ.get, (*PROFILE_VARIABLES, BUILTIN_VARIABLE)), '')


def room_bytes(folder: Path = FOLDER) -> tuple[int, int]:
    """Size and free space of the shared memory."""
    try:
        room = os.statvfs(folder)
    except OSError:  # there is none
        return 0, 0
    return room.f_blocks * room.f_frsize, room.f_bavail * room.f_frsize
