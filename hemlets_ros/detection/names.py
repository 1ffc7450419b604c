"""Description of a detector for logs, diagnostics and outputs: name, model, licence."""

from __future__ import annotations

from pathlib import Path

from hemlets_ros.detection.detector import Detector
from hemlets_ros.detection.open_detector import LICENCE, MODEL
from hemlets_ros.detection.yolo_files import bundled_models
from hemlets_ros.settings import DetectorSettings

#: Name used when the caller gives the boxes.
GIVEN = 'given boxes'
_YOLO_LICENCE = 'AGPL-3.0'


def detector_name(settings: DetectorSettings, instance: Detector | None = None) -> str:
    """Description such as `open movenet_multipose.onnx (Apache-2.0)`.

    instance: a detector used instead of the one in the settings.
    """
    if instance is not None:
        return type(instance).__name__
    name = settings.detector
    if name == 'open':
        return f'{name} {MODEL.name} ({LICENCE})'
    if name == 'ultralytics':
        model = Path(settings.detector_model).name
        licence = f' ({_YOLO_LICENCE})' if settings.detector_model in bundled_models() else ''
        return f'{name} {model}{licence}'
    return f'{name} {Path(settings.darknet_weights).name}' if name == 'darknet' else name
