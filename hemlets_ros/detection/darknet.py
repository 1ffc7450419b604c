"""Darknet (YOLOv3) person detector, run by OpenCV."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np

from hemlets_ros.detection.darknet_files import check_classes, check_room, check_whole, class_names
from hemlets_ros.errors import DetectorError
from hemlets_ros.people import Box
from hemlets_ros.settings import DetectorSettings

_PERSON = 'person'
_COURSE_FOLDER = Path('ckpt')
_STRIDE = 32  # width and height of the network's input are multiples of it
_SIZE_PX = 640  # used if detector_size_px is 0
_OVERLAP = 0.45  # boxes that overlap more are the same person


class DarknetDetector:

    def __init__(self, settings: DetectorSettings) -> None:
        names = class_names(_read(settings.darknet_classes, 'darknet_classes'))
        if _PERSON not in names:
            raise DetectorError(f'{settings.darknet_classes} has no class "{_PERSON}"')
        self._person = names.index(_PERSON)
        config = _read(settings.darknet_config, 'darknet_config')
        weights = _read(settings.darknet_weights, 'darknet_weights')
        check_classes(config, names, settings.darknet_classes)
        check_room(config, weights)
        size = max(_STRIDE, round((settings.detector_size_px or _SIZE_PX) / _STRIDE) * _STRIDE)
        try:
            network = cv2.dnn.readNetFromDarknet(str(config), str(weights))
            check_whole(network, config, weights)
            self._model = cv2.dnn.DetectionModel(network)
            self._model.setInputParams(scale=1 / 255, size=(size, size), swapRB=True)
            self(np.zeros((size, size, 3), np.uint8), 1.0)  # mismatched files fail only in the first run
        except cv2.error as error:
            raise DetectorError(f'{config} and {weights} are not a Darknet network: {error.err}') \
                from error

    def __call__(self, image: np.ndarray, score_threshold: float) -> list[Box]:
        classes, scores, boxes = self._model.detect(image, score_threshold, _OVERLAP)
        return [Box(np.array([x, y, x + width, y + height], float), float(score))
                for kind, score, (x, y, width, height) in zip(classes, scores, boxes, strict=True)
                if kind == self._person and width > 0 and height > 0]


def make_darknet(settings: DetectorSettings, device: str) -> DarknetDetector:
    """Makes the detector. `device` is ignored, because OpenCV's wheels run networks on the CPU only."""
    return DarknetDetector(settings)


def _read(path: str, parameter: str) -> Path:
    """Finds a file. A name without a folder is also searched in ckpt/, the folder of the course project."""
    places = [Path(path), *([_COURSE_FOLDER / path] if Path(path).name == path else [])]
    for each in places:
        with suppress(OSError):  # a name that is too long
            if each.is_file():
                return each
    raise DetectorError(f'no file at {" or ".join(repr(str(each)) for each in places)}: set {parameter}')
