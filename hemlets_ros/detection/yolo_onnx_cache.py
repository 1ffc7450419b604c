"""YOLO models as ONNX files. The bundled model is available as ONNX; others are exported at their first use
and kept in the cache.
"""

from __future__ import annotations

from pathlib import Path

from hemlets_ros.detection.yolo_files import SHIPPED_GRAPH, SHIPPED_MODEL, digest_of, find_model, is_shipped
from hemlets_ros.errors import DetectorError, OutputError, SettingsError
from hemlets_ros.system.cache import digest, made_once
from hemlets_ros.system.extras import require
from hemlets_ros.system.versions import versions

_LAYOUT = 1  # version of the exported form; increasing it invalidates cached exports


def exported_model(name: str, trusted: bool = False) -> Path:
    """Path of the model as an ONNX file; exported at the first use if it is not bundled.

    trusted: whether the model's file may run code.

    Raises DetectorError if it cannot be exported, or if the cache cannot be written.
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
