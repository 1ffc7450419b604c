"""Versions of this package and of those that its results depend on."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from importlib import metadata
from pathlib import Path

_RECORDED = ('numpy', 'onnxruntime', 'opencv-python', 'torch', 'torchvision', 'ultralytics')


def version() -> str:
    """This package's version, whether pip or colcon installed it; 'unknown' in a bare checkout."""
    try:
        return metadata.version('hemlets-ros')
    except metadata.PackageNotFoundError:
        for prefix in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep):
            manifest = Path(prefix, 'share/hemlets_ros/package.xml')
            if prefix and manifest.is_file():
                return ElementTree.parse(manifest).findtext('version') or 'unknown'
        return 'unknown'


def versions() -> dict[str, str]:
    """Package name -> version, 'unknown' where it is not installed; part of every output."""
    found = {'hemlets_ros': version()}
    for name in _RECORDED:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = 'unknown'
    return found
