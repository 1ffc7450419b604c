"""Finds the files of YOLO models, and verifies the bundled one."""

from __future__ import annotations

import hashlib
from pathlib import Path

from hemlets_ros.errors import DetectorError
from hemlets_ros.system.made_without import SHIPPED_YOLO, VARIABLE

_FOLDER = SHIPPED_YOLO.parent
SHIPPED_MODEL = SHIPPED_YOLO.name
#: The graph of this model for ONNX Runtime, with references to the tensors in the .pt file in the same
#: folder; written by hemlets_ros/lab/shipping/detector_graph.py.
SHIPPED_GRAPH = _FOLDER / 'yolo11n-pose.onnx'
#: The same model in 8 bits, with its tensors; written by hemlets_ros/lab/shipping/detector_int8.py.
SHIPPED_INT8 = 'yolo11n-pose-int8.onnx'
#: Bundled model -> its SHA-256. These names never refer to files in the current folder.
_BUNDLED = {SHIPPED_MODEL: '869e83fcdffdc7371fa4e34cd8e51c838cc729571d1635e5141e3075e9319dc0',
            SHIPPED_INT8: 'b9c0dd5a038d735caa26f83c77ca98104a93b453ec9ed5023ef76f8d418b6842'}


def bundled_models() -> tuple[str, ...]:
    """Names of the models in this installation."""
    return tuple(name for name in _BUNDLED if (_FOLDER / name).is_file())


def find_model(name: str, trusted: bool = False) -> Path:
    """The path of a bundled model, or of another file.

    trusted: whether the file may run code; its path must be absolute then.

    Raises DetectorError for a missing file, and for a bundled model with a wrong checksum.
    """
    if trusted and name not in _BUNDLED and not Path(name).is_absolute():
        raise DetectorError(f'trust_pickle needs an absolute path, not {name!r}')
    path = _FOLDER / name if name in _BUNDLED else Path(name)
    try:
        is_file = path.is_file()
    except OSError as error:
        raise DetectorError(f'no ultralytics model at {name[:100]!r}: {error.strerror}') from error
    if not is_file:
        if name in _BUNDLED:
            raise DetectorError(f'this installation was made without {name}, whose licence is the AGPL-3.0: '
                                'detector open finds people without it; to have it, install the package '
                                f'again without {VARIABLE}')
        raise DetectorError(f'no ultralytics model at {name!r}: give the path of a .pt or .onnx file'
                            + ''.join(f', or {each}, which is bundled' for each in bundled_models()))
    if name in _BUNDLED and digest_of(path) != _BUNDLED[name]:
        raise DetectorError(f'{path} is not the model that this package was published with: install it again')
    return path


def digest_of(path: Path) -> str:
    """The SHA-256 of a file. Raises DetectorError if it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DetectorError(f'cannot read the ultralytics model {str(path)!r}: {error.strerror}') from error


def is_shipped(path: Path) -> bool:
    """Whether a file is the bundled model or a copy of it. Raises DetectorError if it cannot be read."""
    return digest_of(path) == _BUNDLED[SHIPPED_MODEL]
