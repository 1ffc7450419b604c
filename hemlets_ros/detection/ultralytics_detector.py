"""YOLO by ultralytics in PyTorch (AGPL-3.0, including its weights). Pose models also return keypoints."""

from __future__ import annotations

import numpy as np

from hemlets_ros.detection.input_size import input_size_px
from hemlets_ros.detection.ultralytics_library import cannot_load, open_model, threads_kept
from hemlets_ros.detection.yolo_files import find_model
from hemlets_ros.errors import DetectorError
from hemlets_ros.people import Box
from hemlets_ros.settings import DetectorSettings
from hemlets_ros.skeleton import COCO_NAMES
from hemlets_ros.system.device import device_type


class UltralyticsDetector:

    def __init__(self, settings: DetectorSettings, device: str = 'auto') -> None:
        name = settings.detector_model
        path = find_model(name, settings.trust_pickle)
        self._model = open_model(path, name, settings.trust_pickle)
        with threads_kept(), cannot_load(name):
            people = [index for index, label in self._model.names.items()
                      if str(label).strip().lower() == 'person']
            self._arguments = {
                'classes': people, 'max_det': settings.max_persons, 'verbose': False,
                'device': None if device == 'auto' else device}
            self._size_px, self._on_gpu = settings.detector_size_px, device_type(device) != 'cpu'
            self(np.zeros((32, 32, 3), np.uint8), 1.0)  # warm-up: the first run is slow
        if not people:
            raise DetectorError(f'the model {name!r} has no class person')

    def __call__(self, image: np.ndarray, score_threshold: float) -> list[Box]:
        return self.at_size(image, score_threshold, *self.sizes_px(image))

    def sizes_px(self, image: np.ndarray) -> list[int]:
        """See ScalingDetector."""
        return [input_size_px(self._size_px, image, self._on_gpu)]

    def at_size(self, image: np.ndarray, score_threshold: float, size_px: int) -> list[Box]:
        """See ScalingDetector."""
        result = self._model.predict(
            image, conf=score_threshold, imgsz=size_px, **self._arguments)[0].cpu().numpy()
        boxes = zip(result.boxes.xyxy.astype(float), result.boxes.conf.tolist(), strict=True)
        keypoints = None if result.keypoints is None else result.keypoints.data.astype(float)
        # Other keypoints than COCO's, and keypoints without scores, are ignored; the boxes are used.
        if keypoints is None or keypoints.shape[1:] != (len(COCO_NAMES), 3):
            return [Box(xyxy, score) for xyxy, score in boxes]
        return [Box(xyxy, score, points[:, :2], points[:, 2])
                for (xyxy, score), points in zip(boxes, keypoints, strict=True)]
