"""Chooses the backend of a network."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hemlets_ros.errors import OutputError, SettingsError
from hemlets_ros.inference.backend import Backend
from hemlets_ros.inference.installed import (
    EXPORTED,
    backend_factory,
    check_installed,
    run_exported,
    versions_of,
)
from hemlets_ros.inference.shipped_graph import shipped_network
from hemlets_ros.model.weights_files import check_variant, identity, name_of
from hemlets_ros.settings import PoseSettings
from hemlets_ros.system.cache import digest, made_once
from hemlets_ros.system.device import device_type, pick_device
from hemlets_ros.system.extras import is_installed, require
from hemlets_ros.system.versions import versions

if TYPE_CHECKING:
    import torch

    from hemlets_ros.inference.onnx_network import OnnxNetwork
    from hemlets_ros.model import HEMlets

_LOGGER = logging.getLogger(__name__)
#: Precision -> backends that support it on a CPU, in the order in which `auto` prefers them. The order is
#: fixed, so that the same command gives the same results on every machine; `hemlets bench --choose` measures.
PREFERRED_ON_CPU = {'fp32': ('onnxruntime', 'openvino', 'torch'), 'bf16': ('openvino', 'torch'), 'fp16': (),
                    'int8': ('onnxruntime', 'openvino')}
#: All backends of this package.
BACKENDS = ('torch', *EXPORTED)
_LAYOUT = 5  # version of the exported form; increasing it invalidates cached exports


def make_backend(pose: PoseSettings) -> Backend:
    """Makes the backend that `pose` selects, with its network.

    'auto' selects torch on a GPU, and on a CPU the first installed backend of PREFERRED_ON_CPU. Only the
    backend torch needs PyTorch to run the default network; other networks are exported by PyTorch first.

    Raises SettingsError for a backend or device that cannot be used here, WeightsError for bad weights.
    """
    if pose.backend != 'auto':
        return _make(pose, pose.backend)
    chosen = _chosen(pose)
    try:
        return _make(pose, chosen)
    except OutputError as error:
        if 'torch' not in PREFERRED_ON_CPU[pose.precision] or _is_exported(pose) \
                or not is_installed('torch'):
            raise
        _LOGGER.warning('%s: using torch instead of %s', error, chosen)
        return _make(pose, 'torch')


def lifter_alone(pose: PoseSettings) -> Backend:
    """A backend that runs only the network's keypoint prior and ignores the crops.

    Raises SettingsError for a network without a keypoint prior.
    """
    require('torch', 'the lifter alone')
    from hemlets_ros.inference.torch_backend import LifterBackend

    return LifterBackend(_network(pose, pick_device(pose.device)))


def _chosen(pose: PoseSettings) -> str:
    if device_type(pose.device) != 'cpu':
        return 'onnxruntime' if _is_exported(pose) or not is_installed('torch') else 'torch'
    able = [name for name in PREFERRED_ON_CPU[pose.precision] if name != 'torch' or not _is_exported(pose)]
    if not able:
        raise SettingsError(f'no backend has precision {pose.precision} on a CPU')
    installed = [name for name in able if (is_installed if name == 'torch' else versions_of)(name)]
    if not installed:
        check_installed(able[0])  # raises with what to install
    return installed[0]


def _make(pose: PoseSettings, name: str) -> Backend:
    if name == 'torch':
        if _is_exported(pose):
            raise SettingsError(f'{pose.weights} is for the backends {", ".join(EXPORTED)}, not for torch')
        require('torch', 'backend torch')
        from hemlets_ros.inference.torch_backend import TorchBackend

        return TorchBackend(_network(pose, pick_device(pose.device)), pose.precision, pose.fuse)
    backend_factory(name)  # refuses an unknown backend before a network is exported for it
    network = _exported(pose)
    check_variant(Path(network.weights.name), network.config, _variant(pose))
    if pose.input_px not in (0, network.config.input_px):
        raise SettingsError(f'{network.weights.name} shows its network crops at {network.config.input_px} '
                            f'px: input_px must be that or 0, not {pose.input_px}')
    if (network.precision == 'int8') != (pose.precision == 'int8'):
        raise SettingsError(f'{network.weights.name} has precision {network.precision}, not {pose.precision}')
    return run_exported(network, pose.device, pose.precision, name)


def _exported(pose: PoseSettings) -> OnnxNetwork:
    """The network in ONNX: the given file, the shipped graph, or an export made at its first use."""
    if _is_exported(pose):
        return _read(Path(pose.weights))
    if network := shipped_network(pose):
        return network
    network = _read(_cached_export(pose))
    # The cache key is the content of the weights file, so the cached name may be that of another copy.
    name = name_of(pose.weights or None, _variant(pose))
    return replace(network, weights=replace(network.weights, name=name))


def _read(path: Path) -> OnnxNetwork:
    require('onnx', f'checking {path}')
    from hemlets_ros.inference.onnx_file import read_onnx

    return read_onnx(path)


def _cached_export(pose: PoseSettings) -> Path:
    """The network's ONNX file, made at its first use on this machine."""

    def make(path: Path) -> None:
        for module in ('torch', 'torchvision', 'onnxscript'):
            require(module, 'exporting these weights for other backends')
        from hemlets_ros.inference.onnx_export import export

        _LOGGER.info('preparing the network for this machine, once, about %s',
                     'a minute' if pose.precision == 'int8' else '10 s')
        export(_network(pose, 'cpu'), path, keypoints=pose.keypoint_prior, fuse=pose.fuse,
               precision='int8' if pose.precision == 'int8' else 'fp32')

    return made_once(f'{digest(_export_key(pose))}.onnx', make)


def _export_key(pose: PoseSettings) -> tuple[object, ...]:
    """Everything on which an exported network depends."""
    return (_LAYOUT, identity(pose.weights or None, _variant(pose)), pose.input_px, pose.keypoint_prior,
            pose.fuse, 'int8' if pose.precision == 'int8' else 'fp32', sorted(versions().items()))


def _network(pose: PoseSettings, device: torch.device | str) -> HEMlets:
    from hemlets_ros.model import load

    return load(pose.weights or None, _variant(pose), device, pose.input_px)


def _variant(pose: PoseSettings) -> str | None:
    return None if pose.variant == 'auto' else pose.variant


def _is_exported(pose: PoseSettings) -> bool:
    return pose.weights.endswith('.onnx')
