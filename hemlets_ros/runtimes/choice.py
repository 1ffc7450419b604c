"""Which runtime runs a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hemlets_ros.device import pick_device
from hemlets_ros.runtimes.runtime import Runtime
from hemlets_ros.settings import PoseSettings

if TYPE_CHECKING:
    from hemlets_ros.model import HEMlets


def make_runtime(pose: PoseSettings) -> Runtime:
    """The runtime that `pose` names, with its network.

    Raises SettingsError for a runtime or device that cannot be used here, WeightsError for bad weights.
    """
    from hemlets_ros.runtimes.torch_runtime import TorchRuntime

    return TorchRuntime(_network(pose), pose.precision, pose.fuse)


def lifter_alone(pose: PoseSettings) -> Runtime:
    """What the network's keypoint prior makes of keypoints alone, whatever the crops show.

    Raises SettingsError for a network without one.
    """
    from hemlets_ros.runtimes.torch_runtime import LifterRuntime

    return LifterRuntime(_network(pose))


def _network(pose: PoseSettings) -> HEMlets:
    from hemlets_ros.model import load

    variant = None if pose.variant == 'auto' else pose.variant
    return load(pose.weights or None, variant, pick_device(pose.device))
