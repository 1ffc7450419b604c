"""Room for images between processes: Fast DDS's default shared memory is too small for them."""

from __future__ import annotations

import os
from pathlib import Path

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory

_CHOSEN_BY_USER = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE',
                   'FASTDDS_BUILTIN_TRANSPORTS')


def use_large_shared_memory() -> None:
    """Makes Fast DDS load config/fastdds_shm.xml, unless the user has chosen otherwise.

    Must be called before rclpy.init.
    """
    if any(os.environ.get(name) for name in _CHOSEN_BY_USER):
        return
    try:
        profile = Path(get_package_share_directory('hemlets_ros'), 'config', 'fastdds_shm.xml')
    except PackageNotFoundError:
        return
    os.environ[_CHOSEN_BY_USER[0]] = str(profile)
