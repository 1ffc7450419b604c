"""Parameters of limits, lifecycle, pose workers and Ray."""

from __future__ import annotations

from dataclasses import dataclass

from hemlets_ros.settings.declaration import Settings, parameter


@dataclass(frozen=True)
class LimitSettings(Settings):
    """Limits above which messages are refused, to bound memory."""

    max_message_people: int = parameter(
        1000, 'messages with more people (boxes, crops, skeletons) are refused', minimum=1, maximum=100_000)
    max_image_px: int = parameter(
        160_000_000, 'images with more pixels are refused, before they are decoded', minimum=1,
        maximum=2_000_000_000)


@dataclass(frozen=True)
class LifecycleSettings(Settings):
    """Lifecycle."""

    autostart: bool = parameter(
        True, 'configure and activate at start; false: wait for a lifecycle manager')


@dataclass(frozen=True)
class PoseWorkerSettings(Settings):
    """Several pose nodes."""

    pose_workers: int = parameter(
        0, 'number of pose nodes that share the people of each image by track id, in the namespaces '
        'pose_worker_0, pose_worker_1 ...; 0: one pose node for all people', minimum=0, maximum=1000,
        formerly='shares')
    pose_worker_timeout_s: float = parameter(
        5.0, 'how long to wait for a pose node; after that the skeletons are published without its people',
        minimum=0.05, maximum=3600.0, live=True, formerly='share_timeout_s')


@dataclass(frozen=True)
class RaySettings(Settings):
    """Many videos with Ray."""

    ray: bool = parameter(
        False, 'one Ray task per video; outputs are then folders with a file per video, and videos that are '
        'complete there are skipped')
    ray_address: str = parameter(
        '', 'address of the Ray cluster; auto: that of RAY_ADDRESS or of this machine; empty: no cluster, '
        'this machine only')
    ray_cpus: int = parameter(1, 'CPU cores per video', minimum=1, maximum=1024)
    ray_gpus: float = parameter(0.0, 'GPUs per video; 0.25: four videos share one',
                                minimum=0.0, maximum=64.0)
    ray_retries: int = parameter(
        3, 'maximum number of restarts of a video whose process dies (out of memory, lost machine)',
        minimum=0, maximum=1000)
