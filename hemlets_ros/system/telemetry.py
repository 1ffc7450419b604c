"""Disables usage statistics of libraries, so that no host is contacted."""

from __future__ import annotations

import os
import sys


def switch_off() -> None:
    """To be called before importing ONNX Runtime, OpenVINO or ultralytics. The user's settings are kept."""
    os.environ.setdefault('ORT_DISABLE_TELEMETRY', '1')
    os.environ.setdefault('YOLO_OFFLINE', 'true')
    # OpenVINO can be configured only by a file in the home folder, but it works without its telemetry module.
    sys.modules.setdefault('openvino_telemetry', None)  # type: ignore[arg-type]
