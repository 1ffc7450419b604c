"""YOLO models as ONNX files: the bundled one comes as such, others are exported at their first use on this
machine and kept in the cache.
"""

from __future__ import annotations

from pathlib import Path

from hemlets_ros.detection.yolo_files import SHIPPED_GRAPH, SHIPPED_MODEL, digest_of, find_model, is_shipped
from hemlets_ros.errors import DetectorError, OutputError, SettingsError
from hemlets_ros.system.cache import digest, made_once
from hemlets_ros.system.extras import require
from hemlets_ros.system.versions import versions

_LAYOUT = 1  # of exported models: raised when they change, so that those in caches are made anew


def exported_model(name: str, trusted: bool = False) -> Path:
    """The model's ONNX file, made at its first use where it is not bundled; trusted: the file may run code.

    Raises DetectorError where it cannot be made: another kind of model, no place for a cache.
    """
    path = find_model(name, trusted)
    if path.suffix == '.onnx':
        return path
    if path.suffix != '.pt':
        raise DetectorError(f'{name!r} is not a .pt or .onnx file')
    if name == SHIPPED_MODEL or (SHIPPED_GRAPH.is_file() and is_shipped(path)):
        return SHIPPED_GRAPH

    def make(part: Path) -> None:
        from hemlets_ros.detection.yolo_export import export

        export(path, part, name, trusted)

    try:
        for module in ('torch', 'ultralytics', 'onnx'):
            require(module, f'running {name} in ONNX Runtime')
    except SettingsError as error:
        raise DetectorError(str(error)) from error
    facts = _LAYOUT, digest_of(path), versions()['ultralytics']
    try:
        return made_once(f'detectors/{digest(facts)}.onnx', make)
    except OutputError as error:
        raise DetectorError(str(error)) from error
