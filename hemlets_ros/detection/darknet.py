"""Darknet (YOLOv3) person detector, run by OpenCV."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from hemlets_ros.errors import DetectorError
from hemlets_ros.people import Box
from hemlets_ros.settings import DetectorSettings

_STRIDE = 32  # of the network: its input must be a multiple
_OVERLAP = 0.45  # boxes that overlap more are the same person


class DarknetDetector:

    def __init__(self, settings: DetectorSettings) -> None:
        classes = _read(settings.darknet_classes, 'darknet_classes').read_text(
            encoding='utf-8', errors='replace').splitlines()
        names = [name.strip().lower() for name in classes]
        if 'person' not in names:
            raise DetectorError(f'{settings.darknet_classes} has no class "person"')
        self._person = names.index('person')
        config = _read(settings.darknet_config, 'darknet_config')
        weights = _read(settings.darknet_weights, 'darknet_weights')
        try:
            network = cv2.dnn.readNetFromDarknet(str(config), str(weights))
            self._model = cv2.dnn.DetectionModel(network)
        except cv2.error as error:
            raise DetectorError(f'{config} and {weights} are not a Darknet network: {error.err}') \
                from error
        size = max(_STRIDE, round(settings.detector_size_px / _STRIDE) * _STRIDE)
        self._model.setInputParams(scale=1 / 255, size=(size, size), swapRB=True)

    def __call__(self, image: np.ndarray, score_threshold: float) -> list[Box]:
        classes, scores, boxes = self._model.detect(image, score_threshold, _OVERLAP)
        return [Box(np.array([x, y, x + width, y + height], float), float(score))
                for kind, score, (x, y, width, height) in zip(classes, scores, boxes, strict=True)
                if kind == self._person and width > 0 and height > 0]


def _read(path: str, parameter: str) -> Path:
    if not Path(path).is_file():
        raise DetectorError(f'no file at {path!r}: set {parameter}')
    return Path(path)
