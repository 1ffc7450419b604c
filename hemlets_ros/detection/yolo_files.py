"""Files of YOLO models: where they are, and what ONNX Runtime runs in their place. Needs no PyTorch."""

from __future__ import annotations

import hashlib
from pathlib import Path

from hemlets_ros.cache import digest, made_once
from hemlets_ros.errors import DetectorError, OutputError
from hemlets_ros.versions import versions

_BUNDLED = Path(__file__).parents[1] / 'weights'
_LAYOUT = 1  # of exported models: raised when they change, so that those in caches are made anew


def find_model(name: str) -> Path:
    """The file, or the bundled one of that name; a bare name of neither is left to ultralytics.

    Raises DetectorError for a path where there is nothing.
    """
    path, bundled = Path(name), _BUNDLED / name
    if not path.is_file() and bundled.is_file():
        return bundled
    if path.parent != Path() and not path.exists():
        raise DetectorError(f'no ultralytics model at {name!r}')
    return path


def exported_model(name: str) -> Path:
    """The model's ONNX file, made at its first use on this machine.

    Raises DetectorError where it cannot be made: another kind of model, no place for a cache.
    """
    path = find_model(name)
    if path.suffix not in ('.pt', ''):  # ultralytics completes names without one
        raise DetectorError(f'{name!r} is no .pt file')
    if not path.is_file():
        from hemlets_ros.detection.yolo_export import downloaded

        path = downloaded(name)

    def make(part: Path) -> None:
        from hemlets_ros.detection.yolo_export import export

        export(path, part)

    try:
        content = path.read_bytes()
    except OSError as error:
        raise DetectorError(f'cannot read the ultralytics model {name!r}: {error.strerror}') from error
    facts = _LAYOUT, hashlib.sha256(content).hexdigest(), versions()['ultralytics']
    try:
        return made_once(f'detectors/{digest(facts)}.onnx', make)
    except OutputError as error:
        raise DetectorError(str(error)) from error
