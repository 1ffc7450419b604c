"""YOLO person detector by ultralytics (AGPL-3.0; so are its weights). Pose models give keypoints too."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch

# A robot must not install packages by itself.
os.environ.setdefault('YOLO_AUTOINSTALL', 'false')

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
_BUNDLED = Path(__file__).parents[1] / 'weights'


class UltralyticsDetector:

    def __init__(self, settings: DetectorSettings, device: str = 'auto') -> None:
        name = settings.detector_model
        bundled = _BUNDLED / name
        path = bundled if not Path(name).is_file() and bundled.is_file() else name
        if Path(name).parent != Path() and not Path(path).exists():
            raise DetectorError(f'no ultralytics model at {name!r}')  # a bare name may be downloaded
        threads = torch.get_num_threads()
        try:
            self._model = YOLO(path, verbose=False)
            people = [index for index, label in self._model.names.items() if label == 'person']
            self._arguments = {
                'classes': people, 'imgsz': settings.detector_size_px,
                'max_det': settings.max_persons, 'device': None if device == 'auto' else device,
                'verbose': False}
            # The first run is slow, and takes all cores but one away from the whole process.
            self(np.zeros((32, 32, 3), np.uint8), 1.0)
        except Exception as error:
            first_line = str(error).partition('\n')[0]
            raise DetectorError(f'cannot load the ultralytics model {name!r}: {first_line}') from error
        finally:
            torch.set_num_threads(threads)
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
