"""Configures Fast DDS's shared memory, whose default is too small for images."""

from __future__ import annotations

import fcntl
import logging
import os
import time
from contextlib import suppress
from pathlib import Path

from ament_index_python.packages import (
    PackageNotFoundError,
    get_package_prefix,
    get_package_share_directory,
)

from hemlets_ros.system.shared_memory import (
    BUILTIN_VARIABLE,
    FOLDER,
    PROFILE_VARIABLES,
    SMALL,
    UDP,
    chosen_by_user,
    room_bytes,
    transport_for,
)

_LOGGER = logging.getLogger(__name__)
_PREFIXES = ('fastdds_', 'fastrtps_')  # of Fast DDS 3 and, in Jazzy, 2
_NEW_S = 10.0  # files that are younger may be about to be locked


def use_large_shared_memory(sends_images: bool = True) -> None:
    """Makes Fast DDS use as much shared memory as there is room for, unless the user has chosen otherwise.

    sends_images: whether this process sends images or crops; without, it needs little.

    Must be called before rclpy.init.
    """
    if chosen_by_user():
        return
    remove_left_segments(FOLDER)
    transport = transport_for(*room_bytes(), sends_images)
    if not transport.profile:
        os.environ[BUILTIN_VARIABLE] = 'UDPv4'
        return
    try:
        profile = Path(get_package_share_directory('hemlets_ros'), 'config', transport.profile)
        names = _profile_variables()
    except PackageNotFoundError:  # not installed; or ROS without Fast DDS
        return
    for name in names:
        os.environ[name] = str(profile)


def _profile_variables() -> tuple[str, ...]:
    """Those that the installed Fast DDS reads: version 3 warns of the name of version 2."""
    libraries = Path(get_package_prefix('rmw_fastrtps_cpp'), 'lib')
    return PROFILE_VARIABLES[:1] if any(libraries.glob('libfastdds.so*')) else PROFILE_VARIABLES


def transport_warning(image_bytes: int) -> str:
    """Why images of that size are slow with the transport of this process; empty: they are not."""
    chosen = Path(os.environ.get(PROFILE_VARIABLES[0]) or '').name
    for transport in (SMALL, UDP):
        if chosen == transport.profile and (transport.profile or os.environ.get(BUILTIN_VARIABLE) == 'UDPv4'):
            return transport.warning(image_bytes, room_bytes()[0])
    return ''


def remove_left_segments(folder: Path) -> None:
    """Removes the shared memory of processes that were killed; Fast DDS itself leaves it until the next boot.

    A segment is of a living process as long as that holds the lock of the file beside it.
    """
    for lock in (path for prefix in _PREFIXES for path in folder.glob(f'{prefix}*_el')):
        segment = lock.with_name(lock.name.removesuffix('_el'))
        if segment.name.partition('_')[2].startswith('port'):  # small, and used by the next process
            continue
        with suppress(OSError):  # of another user, or it has gone meanwhile
            if time.time() - lock.stat().st_mtime < _NEW_S:
                continue
            descriptor = os.open(lock, os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                segment.unlink(missing_ok=True)
                lock.unlink()
                _LOGGER.info('%s removed: left by a process that was killed', segment)
            finally:
                os.close(descriptor)
