"""Exports a YOLO model to ONNX by ultralytics."""

from __future__ import annotations

import logging
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hemlets_ros.detection.ultralytics_library import open_model, threads_kept
from hemlets_ros.errors import DetectorError

_LOGGER = logging.getLogger(__name__)
_TASKS = ('detect', 'pose')  # supported tasks: boxes, and boxes with keypoints


def export(weights: Path, path: Path, name: str, trusted: bool = False) -> None:
    """Exports the model of a .pt file to ONNX, for images of any size; name, trusted: see open_model.

    Raises DetectorError for a model of another task, and if ultralytics cannot export it.
    """
    with tempfile.TemporaryDirectory() as folder, threads_kept(), _quiet():
        # ultralytics writes its output into the folder of the .pt file, so it gets a copy.
        model = open_model(Path(shutil.copy(weights, folder)), name, trusted)
        task = model.task
        if task not in _TASKS:
            raise DetectorError(f'{weights.name} is a model for the task {task}, not for one of '
                                f'{", ".join(_TASKS)}')
        _LOGGER.info('preparing the detector %s for this machine, once, about 10 s', weights.name)
        try:
            made = model.export(format='onnx', dynamic=True, simplify=False, device='cpu', verbose=False)
        except Exception as error:  # the exporter and the layers can raise anything
            first_line = str(error).partition('\n')[0]
            raise DetectorError(f'ultralytics cannot export {weights.name}: {first_line}') from error
        shutil.copyfile(made, path)


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppresses ultralytics' report, and warnings about PyTorch's internals."""
    logger = logging.getLogger('ultralytics')
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            yield
    finally:
        logger.setLevel(level)
