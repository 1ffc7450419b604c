"""Finds the shared files of this package (config/, launch/), installed by colcon or by pip."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hemlets_ros.errors import SettingsError

_PACKAGE = 'hemlets_ros'


def share_folder() -> Path:
    """The folder share/hemlets_ros in the first of these prefixes: AMENT_PREFIX_PATH, then sys.prefix.

    Does not need ROS. Raises SettingsError if no prefix contains the folder.
    """
    given = os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)
    prefixes = [*filter(None, given), sys.prefix]
    for prefix in prefixes:
        folder = Path(prefix, 'share', _PACKAGE)
        if folder.is_dir():
            return folder
    raise SettingsError(f'share/{_PACKAGE} is in none of {", ".join(prefixes)}: install the package, by '
                        'pip or colcon')
