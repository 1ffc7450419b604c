"""Parameters of how people are posed, and how their skeletons are refined and drawn."""

from __future__ import annotations

from dataclasses import dataclass

from hemlets_ros.settings.declaration import Settings, parameter


@dataclass(frozen=True)
class PoseSettings(Settings):
    """How crops become skeletons."""

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
        1.8, 'height of the people, by which distances and sizes are found: somebody half as tall '
        'is half as far away in the same image', minimum=0.3, maximum=3.0, live=True)
    body: bool = parameter(
        False, "also give the rotations of 24 bones, shape and height of each person's body; distances are "
        'then by the size of each, unless person_height_m is not 1.8')
    flip: bool = parameter(
        False, 'average with the mirrored crop, as the authors do: slightly more accurate, half as fast',
        live=True)


@dataclass(frozen=True)
class RefinementSettings(Settings):
    """What is done to each person's joints, in this order: `hemlets_ros.refinement`."""

    repair_left_right: bool = parameter(
        True, 'exchange left and right keypoints of the detector where the image shows that they are swapped',
        live=True)
    steady_distance: bool = parameter(
        True, 'filter the distance of tracked people over time: who stands is steady, who walks is followed',
        live=True)
    steady_bones: bool = parameter(
        True, 'keep bone lengths near likely ones: of typical proportions, then of each tracked person',
        live=True)
    smoothing: bool = parameter(False, 'smooth each tracked skeleton over time (One-Euro filter)', live=True)
    smoothing_min_cutoff_hz: float = parameter(
        1.5, 'minimum cutoff frequency of the filter; lower: less jitter, more lag', minimum=0.01,
        maximum=100.0, live=True)
    smoothing_beta: float = parameter(
        1.0, 'speed coefficient of the filter, Hz per (m/s); higher: less lag in motion', minimum=0.0,
        maximum=1000.0, live=True)


@dataclass(frozen=True)
class DrawingSettings(Settings):
    """How skeletons are drawn."""

    unseen_joints: str = parameter(
        'faint', 'how joints are drawn that the image does not show: outside it, or hidden',
        choices=('faint', 'hidden', 'full'), live=True)
