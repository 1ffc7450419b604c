"""Runtimes of exported networks: which are installed, and making one."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

from hemlets_ros.errors import SettingsError
from hemlets_ros.runtimes.runtime import Runtime

if TYPE_CHECKING:
    from hemlets_ros.runtimes.onnx_file import OnnxNetwork

#: Runtime -> what must be installed, and how.
_NEEDS = {
    'onnxruntime': (('onnx', 'onnxscript', 'onnxruntime|onnxruntime-gpu'), 'hemlets_ros[onnx]'),
    'openvino': (('onnx', 'onnxscript', 'openvino'), 'hemlets_ros[openvino]'),
    'tensorrt': (('onnx', 'onnxscript', 'onnxruntime-gpu'), 'hemlets_ros[onnx] onnxruntime-gpu tensorrt')}
EXPORTED = tuple(_NEEDS)


def versions_of(runtime: str) -> tuple[str, ...]:
    """Versions of the packages that a runtime needs; empty where one is missing."""
    found = []
    for choices in _NEEDS[runtime][0]:
        version = next(filter(None, map(_version, choices.split('|'))), None)
        if version is None:
            return ()
        found.append(version)
    return tuple(found)


def check_installed(runtime: str) -> None:
    """Raises SettingsError where it is not."""
    if not versions_of(runtime):
        raise SettingsError(f'runtime {runtime} is not installed: pip install {_NEEDS[runtime][1]}')


def run_exported(network: OnnxNetwork, device: str = 'auto', precision: str = 'fp32',
                 runtime: str = '') -> Runtime:
    """Runs a network in a runtime; without a name, in the first that is installed."""
    name = runtime or next(filter(versions_of, EXPORTED), EXPORTED[0])
    check_installed(name)
    # Imported when chosen: each is an extra.
    if name == 'openvino':
        from hemlets_ros.runtimes.openvino_runtime import OpenVinoRuntime

        return OpenVinoRuntime(network, device, precision)
    from hemlets_ros.runtimes.onnxruntime_runtime import OnnxRuntime, TensorRtRuntime

    return (TensorRtRuntime if name == 'tensorrt' else OnnxRuntime)(network, device, precision)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
