"""Which runtime runs a network."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hemlets_ros.cache import digest, made_once
from hemlets_ros.device import device_type, pick_device
from hemlets_ros.errors import OutputError, SettingsError
from hemlets_ros.model.files import check_variant, identity, name_of
from hemlets_ros.runtimes.exported import EXPORTED, check_installed, run_exported, versions_of
from hemlets_ros.runtimes.runtime import Runtime
from hemlets_ros.settings import PoseSettings
from hemlets_ros.versions import versions

if TYPE_CHECKING:
    import torch

    from hemlets_ros.model import HEMlets

_LOGGER = logging.getLogger(__name__)
#: Precision -> the runtimes that have it on a CPU.
_ON_CPU = {'fp32': ('torch', 'onnxruntime', 'openvino'), 'bf16': ('torch', 'openvino'), 'fp16': (),
           'int8': ('onnxruntime', 'openvino')}
_LAYOUT = 3  # of exported networks: raised when they change, so that those in caches are made anew


def make_runtime(pose: PoseSettings) -> Runtime:
    """The runtime that `pose` names, with its network; by auto on a GPU torch, on a CPU what is fastest.

    Raises SettingsError for a runtime or device that cannot be used here, WeightsError for bad weights.
    """
    return _make(pose, _chosen(pose) if pose.runtime == 'auto' else pose.runtime)


def lifter_alone(pose: PoseSettings) -> Runtime:
    """What the network's keypoint prior makes of keypoints alone, whatever the crops show.

    Raises SettingsError for a network without one.
    """
    from hemlets_ros.runtimes.torch_runtime import LifterRuntime

    return LifterRuntime(_network(pose, pick_device(pose.device)))


def _chosen(pose: PoseSettings) -> str:
    if device_type(pose.device) != 'cpu':
        return 'onnxruntime' if _is_exported(pose) else 'torch'
    able = [name for name in _ON_CPU[pose.precision] if name != 'torch' or not _is_exported(pose)]
    if not able:
        raise SettingsError(f'no runtime has precision {pose.precision} on a CPU')
    names = [name for name in able if name == 'torch' or versions_of(name)]
    if not names:
        check_installed(able[0])
    if len(names) == 1:
        return names[0]
    from hemlets_ros.runtimes.fastest import fastest

    try:
        return fastest(names, lambda name: _make(pose, name), (
            _facts(pose), [(name, versions_of(name)) for name in EXPORTED]))
    except OutputError as error:  # a machine without a place for a cache
        _LOGGER.warning('%s: using %s', error, names[0])
        return names[0]


def _make(pose: PoseSettings, name: str) -> Runtime:
    if name == 'torch':
        if _is_exported(pose):
            raise SettingsError(f'{pose.weights} is for the runtimes {", ".join(EXPORTED)}, not for torch')
        from hemlets_ros.runtimes.torch_runtime import TorchRuntime

        return TorchRuntime(_network(pose, pick_device(pose.device)), pose.precision, pose.fuse)
    check_installed(name)
    from hemlets_ros.runtimes.onnx_file import read_onnx

    path = Path(pose.weights) if _is_exported(pose) else _cached_export(pose)
    network = read_onnx(path)
    if not _is_exported(pose):
        # The cache serves all copies of a file, whatever they are called.
        called = name_of(pose.weights or None, _variant(pose))
        network = replace(network, weights=replace(network.weights, name=called))
    check_variant(path, network.config, _variant(pose))
    if pose.input_px not in (0, network.config.input_px):
        raise SettingsError(f'{path} shows its network crops at {network.config.input_px} px: input_px must '
                            f'be that or 0, not {pose.input_px}')
    if (network.precision == 'int8') != (pose.precision == 'int8'):
        raise SettingsError(f'{path} has precision {network.precision}, not {pose.precision}')
    return run_exported(network, pose.device, pose.precision, name)


def _cached_export(pose: PoseSettings) -> Path:
    """The network's ONNX file, made at its first use on this machine."""

    def make(path: Path) -> None:
        from hemlets_ros.runtimes.export import export

        _LOGGER.info('exporting the network for other runtimes, once on this machine')
        export(_network(pose, 'cpu'), path, keypoints=pose.prior, fuse=pose.fuse,
               precision='int8' if pose.precision == 'int8' else 'fp32')

    return made_once(f'{digest(_facts(pose))}.onnx', make)


def _facts(pose: PoseSettings) -> tuple[object, ...]:
    """All that an exported network depends on."""
    return (_LAYOUT, identity(pose.weights or None, _variant(pose)), pose.input_px, pose.prior, pose.fuse,
            'int8' if pose.precision == 'int8' else 'fp32', sorted(versions().items()))


def _network(pose: PoseSettings, device: torch.device | str) -> HEMlets:
    from hemlets_ros.model import load

    return load(pose.weights or None, _variant(pose), device, pose.input_px)


def _variant(pose: PoseSettings) -> str | None:
    return None if pose.variant == 'auto' else pose.variant


def _is_exported(pose: PoseSettings) -> bool:
    return pose.weights.endswith('.onnx')
