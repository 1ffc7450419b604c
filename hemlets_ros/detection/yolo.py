"""The detector `ultralytics`: a YOLO model in PyTorch, or in ONNX Runtime on the CPU (without PyTorch).

The bundled model, in both forms, is AGPL-3.0 (weights/LICENSE.yolo11n-pose.txt, NOTICE).
"""

from __future__ import annotations

import logging

from hemlets_ros.detection.detector import Detector
from hemlets_ros.detection.yolo_files import find_model
from hemlets_ros.errors import DetectorError, SettingsError
from hemlets_ros.inference.installed import check_installed, versions_of
from hemlets_ros.settings import DetectorSettings
from hemlets_ros.system.device import device_type
from hemlets_ros.system.extras import how_to_install, is_installed, require

_LOGGER = logging.getLogger(__name__)


def make_yolo(settings: DetectorSettings, device: str) -> Detector:
    """Makes the detector in the backend `detector_backend`. Raises DetectorError if it cannot be set up."""
    if settings.detector_backend == 'onnxruntime':
        return _exported_yolo(settings, device)
    installed = is_installed('ultralytics')
    if settings.detector_backend == 'auto' and (not installed or _is_on_cpu(device)) \
            and versions_of('onnxruntime'):
        try:
            detector = _exported_yolo(settings, 'cpu')
        except DetectorError as error:
            if not installed or settings.detector_model.lower().endswith('.onnx'):
                raise  # ultralytics would run an .onnx file in ONNX Runtime, too
            find_model(settings.detector_model, settings.trust_pickle)  # raises if PyTorch would not find it
            _LOGGER.info('the detector runs in PyTorch: %s', error)
        else:
            if not _is_on_cpu(device):
                _LOGGER.info('the detector runs on the CPU; on the GPU it needs ultralytics: %s',
                             how_to_install('ultralytics'))
            return detector
    try:
        require('ultralytics', 'detector_backend torch')
    except SettingsError as error:
        raise DetectorError(str(error)) from error
    from hemlets_ros.detection.ultralytics_detector import UltralyticsDetector

    return UltralyticsDetector(settings, device)


def _is_on_cpu(device: str) -> bool:
    return device == 'cpu' or (device == 'auto' and device_type() == 'cpu')


def _exported_yolo(settings: DetectorSettings, device: str) -> Detector:
    if device not in ('auto', 'cpu'):
        raise DetectorError(f'detector_backend onnxruntime runs on the CPU, not on {device}')
    try:
        check_installed('onnxruntime')
    except SettingsError as error:
        raise DetectorError(f'detector_{error}') from error
    from hemlets_ros.detection.onnx_yolo import OnnxYoloDetector
    from hemlets_ros.detection.yolo_onnx_cache import exported_model

    return OnnxYoloDetector(exported_model(settings.detector_model, settings.trust_pickle), settings)
