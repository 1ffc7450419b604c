"""Image -> boxes of people, one file a detector, behind one protocol."""

from __future__ import annotations

import logging
from typing import Protocol

import numpy as np

from hemlets_ros.device import device_type
from hemlets_ros.errors import DetectorError, SettingsError
from hemlets_ros.people import Box
from hemlets_ros.runtimes.exported import check_installed, versions_of
from hemlets_ros.settings import DetectorSettings

_LOGGER = logging.getLogger(__name__)


class Detector(Protocol):
    """Finds people in an image."""

    def __call__(self, image: np.ndarray, score_threshold: float) -> list[Box]:
        """People in a (H, W, 3) uint8 BGR image with at least that score, in any order."""
        ...


def make_detector(settings: DetectorSettings, device: str = 'auto') -> Detector:
    """The detector that `settings` name. Raises DetectorError where it cannot be set up."""
    # Imported when chosen: ultralytics is AGPL-3.0 and slow to import, and others need none of it.
    if settings.detector == 'ultralytics':
        return _make_yolo(settings, device)
    if settings.detector == 'darknet':
        from hemlets_ros.detection.darknet import DarknetDetector

        return DarknetDetector(settings)
    from hemlets_ros.detection.whole_image import WholeImageDetector

    return WholeImageDetector()


def _make_yolo(settings: DetectorSettings, device: str) -> Detector:
    if settings.detector_runtime == 'onnxruntime':
        return _exported_yolo(settings, device)
    on_cpu = device == 'cpu' or (device == 'auto' and device_type() == 'cpu')
    if settings.detector_runtime == 'auto' and on_cpu and versions_of('onnxruntime'):
        try:
            return _exported_yolo(settings, device)
        except DetectorError as error:
            _LOGGER.info('the detector runs in PyTorch: %s', error)
    from hemlets_ros.detection.ultralytics_detector import UltralyticsDetector

    return UltralyticsDetector(settings, device)


def _exported_yolo(settings: DetectorSettings, device: str) -> Detector:
    if device not in ('auto', 'cpu'):
        raise DetectorError(f'detector_runtime onnxruntime runs on the CPU, not on {device}')
    try:
        check_installed('onnxruntime')
    except SettingsError as error:
        raise DetectorError(f'detector_{error}') from error
    from hemlets_ros.detection.onnx_yolo import OnnxYoloDetector
    from hemlets_ros.detection.yolo_files import exported_model

    return OnnxYoloDetector(exported_model(settings.detector_model), settings)
