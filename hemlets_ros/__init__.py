"""3D human skeletons from a camera: person detection and HEMlets pose as ROS 2 nodes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hemlets_ros.pipeline import Pipeline

__all__ = ['Pipeline']


def __getattr__(name: str) -> Any:
    # Imported on first use: torch alone takes seconds, and `hemlets --help` needs none of it.
    if name == 'Pipeline':
        from hemlets_ros.pipeline import Pipeline

        return Pipeline
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')


def _add_prefix_to_index() -> None:
    """Makes this package findable in the ament index where no setup.bash was sourced."""
    marker = Path(sys.prefix, 'share/ament_index/resource_index/packages', __name__)
    prefixes = os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)
    if marker.exists() and sys.prefix not in prefixes:
        os.environ['AMENT_PREFIX_PATH'] = os.pathsep.join(filter(None, [*prefixes, sys.prefix]))


_add_prefix_to_index()
