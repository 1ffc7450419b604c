"""Versions of this package, and of packages on which its results depend."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from importlib import metadata
from pathlib import Path

_RECORDED = ('numpy', 'onnxruntime', 'opencv-python', 'torch', 'torchvision', 'ultralytics')


def version() -> str:
    """Version of this package, installed by pip or colcon; 'unknown' if it is not installed."""
    try:
        return metadata.version('hemlets-ros')
    except metadata.PackageNotFoundError:
        for prefix in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep):
            manifest = Path(prefix, 'share/hemlets_ros/package.xml')
            if prefix and manifest.is_file():
                return ElementTree.parse(manifest).findtext('version') or 'unknown'
        return 'unknown'


def versions() -> dict[str, str]:
    """Package name -> version, 'unknown' if it is not installed. Every output contains these."""
    found = {'hemlets_ros': version()}
    for name in _RECORDED:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = 'unknown'
    return found
