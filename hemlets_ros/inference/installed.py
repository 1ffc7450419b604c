"""Installed backends for exported networks, by name."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

from hemlets_ros.errors import SettingsError
from hemlets_ros.inference.backend import Backend
from hemlets_ros.system.extras import how_to_install
from hemlets_ros.system.plugins import find_factory

if TYPE_CHECKING:
    from hemlets_ros.inference.onnx_backend import BackendFactory
    from hemlets_ros.inference.onnx_network import OnnxNetwork

#: Backend -> packages that must be installed (alternatives separated by |), and the command to install them.
_NEEDS = {
    'onnxruntime': (('onnxruntime|onnxruntime-gpu',), how_to_install()),
    'openvino': (('openvino',), how_to_install('openvino')),
    'tensorrt': (('onnxruntime-gpu',),
                 'python -m pip install onnxruntime-gpu tensorrt, instead of onnxruntime')}
EXPORTED = tuple(_NEEDS)
GROUP = 'hemlets_ros.backends'
#: Imported when selected, because each needs an optional package.
_BUILT_IN = {'onnxruntime': 'hemlets_ros.inference.onnxruntime_backend:OnnxRuntimeSession',
             'openvino': 'hemlets_ros.inference.openvino_backend:OpenVinoSession',
             'tensorrt': 'hemlets_ros.inference.onnxruntime_backend:TensorRtSession'}


def versions_of(backend: str) -> tuple[str, ...]:
    """Versions of the packages that a backend needs; empty if one is missing."""
    found = []
    for choices in _NEEDS[backend][0]:
        version = next(filter(None, map(_version, choices.split('|'))), None)
        if version is None:
            return ()
        found.append(version)
    return tuple(found)


def check_installed(backend: str) -> None:
    """Raises SettingsError if the packages of a backend are not installed."""
    if not versions_of(backend):
        raise SettingsError(f'backend {backend} is not installed: {_NEEDS[backend][1]}')


def run_exported(network: OnnxNetwork, device: str = 'auto', precision: str = 'fp32',
                 backend: str = '') -> Backend:
    """Makes a backend for an exported network; without a name, the first installed one.

    Raises SettingsError for a backend that is not installed or not registered.
    """
    from hemlets_ros.inference.onnx_backend import OnnxBackend

    name = backend or next(filter(versions_of, EXPORTED), EXPORTED[0])
    return OnnxBackend(name, backend_factory(name), network, device, precision)


def backend_factory(name: str) -> BackendFactory:
    """The factory of a backend for exported networks, by name.

    Raises SettingsError for a backend that is not installed or not registered.
    """
    if name in _NEEDS:
        check_installed(name)
    factory: BackendFactory = find_factory(GROUP, name, _BUILT_IN, 'backend', others=('auto', 'torch'))
    return factory


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
