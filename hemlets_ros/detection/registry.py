"""Detectors by the names in the parameter `detector`."""

from __future__ import annotations

from hemlets_ros.detection.detector import Detector, DetectorFactory
from hemlets_ros.settings import DetectorSettings
from hemlets_ros.system.plugins import find_factory

GROUP = 'hemlets_ros.detectors'
#: Imported when selected: ultralytics is AGPL-3.0 and slow to import, and the others do not need it.
BUILT_IN = {'ultralytics': 'hemlets_ros.detection.yolo:make_yolo',
            'open': 'hemlets_ros.detection.open_detector:make_open',
            'darknet': 'hemlets_ros.detection.darknet:make_darknet',
            'whole-image': 'hemlets_ros.detection.whole_image:make_whole_image'}


def make_detector(settings: DetectorSettings, device: str = 'auto') -> Detector:
    """Makes the detector selected by the settings.

    Raises DetectorError if it cannot be set up, SettingsError for an unknown name.
    """
    make: DetectorFactory = find_factory(GROUP, settings.detector, BUILT_IN, 'detector')
    return make(settings, device)
