"""Whether this installation has the default detector's weights, which are licensed under the AGPL-3.0.

The package can be built without them by HEMLETS_WITHOUT_AGPL=1 (docs/install.md).
"""

from __future__ import annotations

from pathlib import Path

SHIPPED_YOLO = Path(__file__).parents[1] / 'weights' / 'yolo11n-pose.pt'
VARIABLE = 'HEMLETS_WITHOUT_AGPL'


def is_without_agpl() -> bool:
    """Whether the weights were left out."""
    return not SHIPPED_YOLO.is_file()
