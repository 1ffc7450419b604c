"""Parameters of pose estimation, refinement and drawing."""

from __future__ import annotations

from dataclasses import dataclass

from hemlets_ros.settings.declaration import Settings, parameter


@dataclass(frozen=True)
class PoseSettings(Settings):
    """Pose network."""

    weights: str = parameter(
        '', 'network weights: our .safetensors, the authors\' .pth (or its folder, such as the course '
            'project\'s ckpt), or an .onnx by hemlets export; empty: the bundled ones (lite); random: '
            'untrained, for tests')
    variant: str = parameter(
        'auto', 'network variant: full (ResNet-50) or lite (MobileNetV2); auto: that of the weights, '
        'lite for random ones',
        choices=('auto', 'full', 'lite'))
    pose_model: str = parameter(
        'hemlets', 'pose network: hemlets, or one that another package registers as an entry point '
        'hemlets_ros.pose_models')
    device: str = parameter(
        'auto', 'device of the network: cpu, cuda, cuda:1 ...; auto: a GPU if there is one, else the CPU')
    backend: str = parameter(
        'auto', 'inference backend of the network: torch, onnxruntime, openvino, tensorrt, or one that '
        'another package registers as an entry point hemlets_ros.backends; auto: on a GPU torch, on a CPU '
        'the first that is installed of onnxruntime, openvino, torch', formerly='runtime')
    precision: str = parameter(
        'fp32', 'numeric precision of the network: fewer bits are faster and less accurate',
        choices=('fp32', 'bf16', 'fp16', 'int8'))
    fuse: bool = parameter(
        True, 'fuse layers of the network: the same result in fewer operations')
    input_px: int = parameter(
        0, 'size of the crops for the network, a multiple of 32: smaller is faster and less accurate; '
           '0: the size of the weights', minimum=0, maximum=256)
    keypoint_prior: bool = parameter(
        True, "let the network use the detector's keypoints, if it was trained with them",
        formerly='prior')
    person_height_m: float = parameter(
        1.8, 'assumed height of the people; distances and sizes are proportional to it', minimum=0.3,
        maximum=3.0, live=True)
    body: bool = parameter(
        False, "also estimate each person's body: rotations of 24 bones, shape and height; distances "
        'then follow from the estimated height, unless person_height_m is not 1.8')
    flip: bool = parameter(
        False, 'average with the mirrored crop, as the authors do: slightly more accurate, half as fast',
        live=True)


@dataclass(frozen=True)
class RefinementSettings(Settings):
    """Refinement of joints, in this order (`hemlets_ros.refinement`)."""

    repair_left_right: bool = parameter(
        True, 'exchange left and right keypoints of the detector where the image shows that they are swapped',
        live=True)
    steady_distance: bool = parameter(
        True, 'filter the distance of tracked people from the camera over time',
        live=True)
    steady_bones: bool = parameter(
        True, 'keep bone lengths near plausible ones: typical proportions, then those of each tracked person',
        live=True)
    smoothing: bool = parameter(False, 'smooth each tracked skeleton over time (One-Euro filter)', live=True)
    smoothing_min_cutoff_hz: float = parameter(
        1.5, 'minimum cutoff frequency of the filter; lower: less jitter, more lag', minimum=0.01,
        maximum=100.0, live=True)
    smoothing_beta: float = parameter(
        8.0, 'speed coefficient of the filter, Hz per (m/s); higher: less lag in motion', minimum=0.0,
        maximum=1000.0, live=True)


@dataclass(frozen=True)
class DrawingSettings(Settings):
    """Drawing of skeletons."""

    unseen_joints: str = parameter(
        'faint', 'how joints outside the image, or occluded, are drawn',
        choices=('faint', 'hidden', 'full'), live=True)
