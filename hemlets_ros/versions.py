"""Versions of this package and of those that decide its results."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from importlib import metadata
from pathlib import Path

_DECISIVE = ('numpy', 'opencv-python', 'torch', 'torchvision', 'trackers', 'ultralytics')


def version() -> str:
    """Of this package, by pip or by colcon, whoever installed it."""
    try:
        return metadata.version('hemlets-ros')
    except metadata.PackageNotFoundError:
        for prefix in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep):
            manifest = Path(prefix, 'share/hemlets_ros/package.xml')
            if prefix and manifest.is_file():
                return ElementTree.parse(manifest).findtext('version') or 'unknown'
        return 'unknown'


def versions() -> dict[str, str]:
    """Package name -> version, for outputs."""
    found = {'hemlets_ros': version()}
    for name in _DECISIVE:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = 'unknown'
    return found
