"""Disables usage statistics of libraries, so that no host is contacted."""

from __future__ import annotations

import os
import sys


def switch_off() -> None:
    """To be called before ONNX Runtime, OpenVINO or ultralytics is imported; what a user has set stays."""
    os.environ.setdefault('ORT_DISABLE_TELEMETRY', '1')
    os.environ.setdefault('YOLO_OFFLINE', 'true')
    # OpenVINO's has no switch but a file in the home folder. It does without the module where there is none.
    sys.modules.setdefault('openvino_telemetry', None)  # type: ignore[arg-type]
