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
_PREFIXES = ('fastdds_', 'fastrtps_')  # file names of Fast DDS 3, and of 2 (Jazzy)
_NEW_S = 10.0  # a younger file may not be locked yet


def use_large_shared_memory(sends_images: bool = True) -> None:
    """Makes Fast DDS use as much shared memory as is available, unless the user has configured it.

    sends_images: whether this process sends images or crops; otherwise it needs little memory.

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
    """The environment variables that the installed Fast DDS reads; version 3 warns of that of version 2."""
    libraries = Path(get_package_prefix('rmw_fastrtps_cpp'), 'lib')
    return PROFILE_VARIABLES[:1] if any(libraries.glob('libfastdds.so*')) else PROFILE_VARIABLES


def transport_warning(image_bytes: int) -> str:
    """A warning if images of this size are slow with the transport of this process, else ''."""
    chosen = Path(os.environ.get(PROFILE_VARIABLES[0]) or '').name
    for transport in (SMALL, UDP):
        if chosen == transport.profile and (transport.profile or os.environ.get(BUILTIN_VARIABLE) == 'UDPv4'):
            return transport.warning(image_bytes, room_bytes()[0])
    return ''


def remove_left_segments(folder: Path) -> None:
    """Removes shared memory of killed processes, which Fast DDS itself leaves until the next boot.

    A segment belongs to a running process as long as that process holds the lock of the file beside it.
    """
    for lock in (path for prefix in _PREFIXES for path in folder.glob(f'{prefix}*_el')):
        segment = lock.with_name(lock.name.removesuffix('_el'))
        if segment.name.partition('_')[2].startswith('port'):  # small, and reused by the next process
            continue
        with suppress(OSError):  # it belongs to another user, or is already removed
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
