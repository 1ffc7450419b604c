"""YOLO person detector by ultralytics (AGPL-3.0; so are its weights). Pose models give keypoints too."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

# A robot must not install packages by itself.
os.environ.setdefault('YOLO_AUTOINSTALL', 'false')

from hemlets_ros.detection.yolo_files import find_model
from hemlets_ros.errors import DetectorError
from hemlets_ros.late_imports import leaving, without_compiler
from hemlets_ros.people import Box
from hemlets_ros.settings import DetectorSettings

# ultralytics would import torchvision with the compiler, and give one core to all that is set up after it.
with without_compiler(), leaving('OMP_NUM_THREADS'):
    import torchvision  # noqa: F401
    from ultralytics import YOLO
    from ultralytics.utils.events import events

events.enabled = False  # nor send usage statistics


class UltralyticsDetector:

    def __init__(self, settings: DetectorSettings, device: str = 'auto') -> None:
        name = settings.detector_model
        path = find_model(name)
        with threads_kept(), cannot_load(name):
            self._model = YOLO(path, verbose=False)
            people = [index for index, label in self._model.names.items() if label == 'person']
            self._arguments = {
                'classes': people, 'imgsz': settings.detector_size_px,
                'max_det': settings.max_persons, 'device': None if device == 'auto' else device,
                'verbose': False}
            self(np.zeros((32, 32, 3), np.uint8), 1.0)  # the first run is slow
        if not people:
            raise DetectorError(f'the model {name!r} does not know persons')

    def __call__(self, image: np.ndarray, score_threshold: float) -> list[Box]:
        result = self._model.predict(image, conf=score_threshold, **self._arguments)[0].cpu().numpy()
        boxes = zip(result.boxes.xyxy.astype(float), result.boxes.conf.tolist(), strict=True)
        if result.keypoints is None:
            return [Box(xyxy, score) for xyxy, score in boxes]
        keypoints = result.keypoints.data.astype(float)  # (N, 17, 3)
        return [Box(xyxy, score, points[:, :2], points[:, 2])
                for (xyxy, score), points in zip(boxes, keypoints, strict=True)]


@contextmanager
def threads_kept() -> Iterator[None]:
    """ultralytics' first run of a model takes all cores but one away from the whole process: not for good."""
    threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def cannot_load(name: str) -> Iterator[None]:
    """Makes any error a DetectorError: ultralytics raises all kinds for a file that it cannot use."""
    try:
        yield
    except Exception as error:
        first_line = str(error).partition('\n')[0]
        raise DetectorError(f'cannot load the ultralytics model {name!r}: {first_line}') from error
