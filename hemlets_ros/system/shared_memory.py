"""Chooses the transport between local processes by the size of /dev/shm."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path('/dev/shm')  # used by Fast DDS; 64 MB by default in Docker
#: Names in ROS 2 Kilted and in Jazzy.
PROFILE_VARIABLES = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE')
BUILTIN_VARIABLE = 'FASTDDS_BUILTIN_TRANSPORTS'
_MIB = 2 ** 20


@dataclass(frozen=True)
class Transport:
    """Transport of messages between processes of this machine."""

    profile: str  # Fast DDS profile, a file in config/; empty: UDP without shared memory
    segment_bytes: int  # shared memory of each process

    @property
    def largest_bytes(self) -> float:
        """Size above which messages are sent in parts."""
        return 0.9 * self.segment_bytes

    def warning(self, image_bytes: int, total_bytes: int) -> str:
        """Warning that images of this size are slow, with advice; empty: they are not slow."""
        if self == LARGE or image_bytes < self.largest_bytes:
            return ''
        return (f'images of {image_bytes / _MIB:.1f} MiB are sent in parts, more slowly, and without '
                f'reliable_images most are lost: {FOLDER} has {total_bytes / _MIB:.0f} MiB only, too '
                'little for them; start the container with --shm-size=1g')


LARGE = Transport('fastdds_shm.xml', 64 * _MIB)
SMALL = Transport('fastdds_small_shm.xml', 8 * _MIB)
UDP = Transport('', 0)


def transport_for(total_bytes: int, free_bytes: int, sends_images: bool = True) -> Transport:
    """Chooses the transport by total and free shared memory.

    A graph has about seven processes, each with a segment.

    sends_images: False for a process that only receives images; messages are stored in the sender's segment.

    The choice is necessary because Fast DDS, if it cannot create a segment, silently uses UDP with the
    settings of the profile.
    """
    for transport in (LARGE, SMALL) if sends_images else (SMALL,):
        if total_bytes >= 7 * transport.segment_bytes and free_bytes >= 1.25 * transport.segment_bytes:
            return transport
    return UDP


def chosen_by_user() -> str:
    """Name of the environment variable with which the user has set the transport; empty: none."""
    return next(filter(os.environ.get, (*PROFILE_VARIABLES, BUILTIN_VARIABLE)), '')


def room_bytes(folder: Path = FOLDER) -> tuple[int, int]:
    """Total and free size of the shared memory."""
    try:
        room = os.statvfs(folder)
    except OSError:  # no shared memory
        return 0, 0
    return room.f_blocks * room.f_frsize, room.f_bavail * room.f_frsize
