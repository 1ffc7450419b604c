"""A YOLO model -> ONNX, by ultralytics."""

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
_TASKS = ('detect', 'pose')  # those of boxes; others say more than we read


def export(weights: Path, path: Path, name: str, trusted: bool = False) -> None:
    """Writes a .pt file's model as ONNX, for images of any size; name, trusted: see open_model.

    Raises DetectorError for a model of another task than boxes (and keypoints).
    """
    with tempfile.TemporaryDirectory() as folder, threads_kept(), _quiet():
        # It writes beside the file that it reads.
        model = open_model(Path(shutil.copy(weights, folder)), name, trusted)
        task = model.task
        if task not in _TASKS:
            raise DetectorError(f'{weights.name} is a model for the task {task}, not for one of '
                                f'{", ".join(_TASKS)}')
        _LOGGER.info('preparing the detector %s for this machine, once, about 10 s', weights.name)
        try:
            made = model.export(format='onnx', dynamic=True, simplify=False, device='cpu', verbose=False)
        except Exception as error:  # whatever PyTorch's exporter, or any layer of any model, may raise
            first_line = str(error).partition('\n')[0]
            raise DetectorError(f'ultralytics cannot export {weights.name}: {first_line}') from error
        shutil.copyfile(made, path)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without ultralytics' report, and without what PyTorch warns its own developers of."""
    logger = logging.getLogger('ultralytics')
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            yield
    finally:
        logger.setLevel(level)
