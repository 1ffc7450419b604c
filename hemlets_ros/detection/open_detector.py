"""The detector `open`: MoveNet MultiPose, Apache-2.0, on the CPU."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from hemlets_ros.detection.detector import Detector
from hemlets_ros.errors import DetectorError, SettingsError
from hemlets_ros.inference.installed import check_installed
from hemlets_ros.settings import DetectorSettings

_LOGGER = logging.getLogger(__name__)
#: Written by hemlets_ros/lab/shipping/movenet_graph.py; origin and licence: LICENSE.movenet_multipose.txt.
MODEL = Path(__file__).parents[1] / 'weights' / 'movenet_multipose.onnx'
LICENCE = 'Apache-2.0'
_SHA256 = 'fa6043f53d449996d37a888fe23c49fbe5d4ca4cfd4290d4bf7f3ab49f5fb5f2'


def make_open(settings: DetectorSettings, device: str) -> Detector:
    """Makes the detector, which runs on the CPU whatever the device. Raises DetectorError on failure."""
    if device not in ('auto', 'cpu'):
        _LOGGER.info('the detector open runs on the CPU, not on %s', device)
    try:
        check_installed('onnxruntime')
    except SettingsError as error:
        raise DetectorError(f'detector open: {error}') from error
    from hemlets_ros.detection.movenet import MoveNetDetector

    return MoveNetDetector(published_model(), settings)


def published_model() -> Path:
    """Path of the model. Raises DetectorError if the file has another checksum than the published one."""
    try:
        found = hashlib.sha256(MODEL.read_bytes()).hexdigest()
    except OSError as error:
        raise DetectorError(f'cannot read {MODEL}: {error.strerror}') from error
    if found != _SHA256:
        raise DetectorError(f'{MODEL} is not as this package was published: install it again')
    return MODEL
