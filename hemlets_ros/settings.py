"""Every parameter, once: name, default, meaning, range. Nodes and command line are made from these."""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from typing import Any, TypeVar

from hemlets_ros.errors import SettingsError

_LOGGER = logging.getLogger(__name__)
T = TypeVar('T', bound='Settings')


def parameter(
    default: Any,
    description: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    live: bool = False,
    formerly: str = '',
) -> Any:
    """A field of a Settings class: its default, what it means, what it may be.

    Args:
        live: a node takes a new value while it runs.
        formerly: the parameter's name in version 0.1; accepted with a warning until version 0.3.
    """
    return dataclasses.field(default=default, metadata={
        'description': description, 'minimum': minimum, 'maximum': maximum, 'choices': choices,
        'live': live, 'formerly': formerly})


@dataclass(frozen=True)
class Settings:
    """Base of all groups of parameters; checks types and ranges when made."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            check(field, getattr(self, field.name))

    @classmethod
    def picked_from(cls: type[T], values: dict[str, Any]) -> T:
        """The group made from those of `values` that belong to it; None means the default."""
        return cls(**{field.name: values[field.name] for field in dataclasses.fields(cls)
                      if values.get(field.name) is not None})


def former_names(*groups: type[Settings]) -> dict[str, str]:
    """Names of version 0.1 -> today's, of the parameters of some groups that were renamed."""
    return {field.metadata['formerly']: field.name for group in groups for field in dataclasses.fields(group)
            if field.metadata['formerly']}


def with_todays_names(values: dict[str, Any], *groups: type[Settings]) -> dict[str, Any]:
    """The values under today's parameter names; each old name is answered with a warning in the log.

    Raises SettingsError where a parameter is given under both names.
    """
    result = dict(values)
    for old, new in former_names(*groups).items():
        if old in result:
            if new in result:
                raise SettingsError(f'{old} is the old name of {new}: give {new} only')
            _LOGGER.warning('parameter %s is now called %s; the old name will be removed in version 0.3', old,
                            new)
            result[new] = result.pop(old)
    return result


def check(field: dataclasses.Field[Any], value: Any) -> None:
    """Raises SettingsError unless `value` suits `field`."""
    wanted = type(field.default)
    if wanted is float and type(value) is int:
        value = float(value)
    if type(value) is not wanted:
        raise SettingsError(f'{field.name} must be {wanted.__name__}, not {value!r}')
    limits = field.metadata
    if limits['choices'] and value not in limits['choices']:
        raise SettingsError(f'{field.name} must be one of {", ".join(limits["choices"])}, '
                            f'not {value!r}')
    low, high = limits['minimum'], limits['maximum']
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise SettingsError(f'{field.name} must be between {low} and {high}, not {value!r}')


@dataclass(frozen=True)
class DetectorSettings(Settings):
    """How people are found in an image."""

    detector: str = parameter(
        'ultralytics', 'person detector: ultralytics (AGPL-3.0), open (MoveNet, Apache-2.0, CPU only), '
        'darknet, whole-image (no detection: one person fills the image), or one that another package '
        'registers as an entry point hemlets_ros.detectors')
    detector_model: str = parameter(
        'yolo11n-pose.pt', 'ultralytics model: the bundled yolo11n-pose.pt (AGPL-3.0), or the path of a .pt '
        'file, or of an .onnx by ultralytics')
    trust_pickle: bool = parameter(
        False, 'load detector_model, an absolute path, even if it holds more than tensors and layers: such a '
        'file can run any code')
    detector_backend: str = parameter(
        'auto', 'inference backend of an ultralytics model: torch, or onnxruntime (CPU only); auto: on a CPU '
        'onnxruntime, if it supports the model, else torch, which needs the extra ultralytics',
        choices=('auto', 'torch', 'onnxruntime'), formerly='detector_runtime')
    darknet_config: str = parameter('yolov3.cfg', 'Darknet network configuration, a .cfg file')
    darknet_weights: str = parameter('yolov3.weights', 'Darknet weights, a .weights file')
    darknet_classes: str = parameter(
        'classes.txt', 'class names of the Darknet network, one per line; one must be "person"')
    score_threshold: float = parameter(
        0.4, 'people with a lower detector score are ignored', minimum=0.0, maximum=1.0, live=True)
    max_persons: int = parameter(
        30, 'maximum number of people per image, the best scores first; reaching it is reported', minimum=1,
        maximum=1000, live=True)
    detector_device: str = parameter(
        'auto', 'device of the detector: cpu, cuda, cuda:1 ...; auto: that of the network; in a detector '
        'node a GPU if there is one')
    detector_size_px: int = parameter(
        0, 'the longer side of the image is scaled to this for the detector; larger finds smaller people and '
        'takes longer; 0: 1.25 times the image\'s, at least 640, at most 1280 (GPU or eight cores) or 960; '
        'detector open: the image\'s, at least 256, at most 768',
        minimum=0, maximum=4096)
    detect: str = parameter(
        'by-source', 'where the detector looks for people: always, in whole images; auto, around those who '
        'are tracked, and in the whole image when somebody may have come or is lost: faster; '
        'by-source: on a CPU auto for cameras, and in nodes unless reliable_images is set, if detect_every '
        'is 1; else always',
        choices=('by-source', 'always', 'auto'), live=True)
    detect_at_least_hz: float = parameter(
        2.0, 'detect auto: how often to look at the whole image at least', minimum=0.1, maximum=1000.0,
        live=True)
    detect_every: int = parameter(
        1, 'detect always: run the detector on every N-th image only; in between, people move on at constant '
        'velocity: faster, less accurate', minimum=1, maximum=100, live=True)


@dataclass(frozen=True)
class TrackingSettings(Settings):
    """How people keep their id from image to image."""

    tracking: bool = parameter(True, 'track people over time: the same person keeps the same id (ByteTrack)')
    tracking_low_score: float = parameter(
        0.2, 'minimum detector score of a person who is already tracked', minimum=0.0, maximum=1.0,
        live=True)
    tracking_memory_s: float = parameter(
        1.0, 'how long a track is kept while the person is not detected', minimum=0.0, maximum=60.0)


@dataclass(frozen=True)
class CameraSettings(Settings):
    """What is assumed of a camera that does not say its intrinsics."""

    assumed_fov_deg: float = parameter(
        60.0, 'horizontal field of view assumed when no intrinsics are given; distances scale with it',
        minimum=5.0, maximum=170.0, live=True)


@dataclass(frozen=True)
class TransportSettings(Settings):
    """How a node gets its images."""

    reliable_images: bool = parameter(
        False, 'subscribe reliably to the images and their intrinsics: none is lost between two processes, '
        'also without shared memory; drivers that publish best effort are not heard')

    image_transport: str = parameter(
        'raw', 'images to subscribe to: raw (image_raw), or compressed (image_raw/compressed)',
        choices=('raw', 'compressed'))
    detections_in: bool = parameter(
        False, 'take people from the topic detections (vision_msgs/Detection2DArray, with the image\'s '
        'stamp) instead of running a detector')


@dataclass(frozen=True)
class CropSettings(Settings):
    """How a person is cut out of the image."""

    crop_margin: float = parameter(
        0.1, 'margin around the person on each side, relative to the longer side',
        minimum=0.0, maximum=2.0, live=True)
    crop_whole_body: bool = parameter(
        True, 'of people of whom the image shows only a part (cut by its border, behind a table), keep room '
        'for the rest, so that unseen joints have a place', live=True)


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


@dataclass(frozen=True)
class SourceSettings(Settings):
    """Where images come from."""

    source: str = parameter(
        '0', 'image source: number of a USB camera, video file, bag, image, folder of images, or an rtsp:// '
        'or http:// address')
    topic: str = parameter('', 'image topic of the bag; empty: its only image topic')
    calibration: str = parameter(
        '', 'calibration of the camera, a YAML file by camera_calibration; empty: not calibrated')
    reconnect_s: float = parameter(
        10.0, 'maximum delay between attempts to reopen a camera that has stopped',
        minimum=0.1, maximum=3600.0)


@dataclass(frozen=True)
class FolderSettings(Settings):
    """What the images of a folder are."""

    as_video: float = parameter(
        0.0, 'the images of a folder are frames of a video at this rate, Hz; 0: photos, each for itself: no '
        'tracking, sizes of their own', minimum=0.0, maximum=1000.0)


#: Hz, of the images of a folder where they must have a rate, and none is given.
FOLDER_RATE_HZ = 30.0


@dataclass(frozen=True)
class PublishingSettings(Settings):
    """How the camera node publishes images."""

    frame_id: str = parameter(
        'camera_optical_frame', 'optical frame of the camera (x right, y down, z forward)')
    lossless: str = parameter(
        'none', 'none: publish at the rate of the source; skeletons, recorded: publish the next image when '
        'the skeletons of the last one have been published, or recorded',
        choices=('none', 'skeletons', 'recorded'))
    clock: bool = parameter(
        False, 'publish the stamps of the images on /clock, for nodes with use_sim_time')
    retry_s: float = parameter(
        1.0, 'lossless: an image without an answer is published again after this time',
        minimum=0.05, maximum=60.0)
    folder_rate_hz: float = parameter(
        FOLDER_RATE_HZ, 'rate of the images of a folder, which are published as frames of a video; for '
        'photos that have nothing to do with each other use hemlets run', minimum=0.01, maximum=1000.0)
    report: str = parameter(
        '', 'JSON file to write at the end: number of images, rate, round-trip times; empty: none')


@dataclass(frozen=True)
class RecordingSettings(Settings):
    """What is recorded."""

    json: str = parameter('', 'JSON file for all results; empty: none')
    course_json: str = parameter('', 'JSON file in the format of the course project; empty: none')


@dataclass(frozen=True)
class LimitSettings(Settings):
    """What a node refuses: larger messages would fill its memory."""

    max_message_people: int = parameter(
        1000, 'messages with more people (boxes, crops, skeletons) are refused', minimum=1, maximum=100_000)
    max_image_px: int = parameter(
        160_000_000, 'images with more pixels are refused, before they are decoded', minimum=1,
        maximum=2_000_000_000)


@dataclass(frozen=True)
class OutputSettings(Settings):
    """What happens to files that are there already."""

    overwrite: bool = parameter(
        False, 'replace output files that exist; otherwise they are refused, before any work is done')


@dataclass(frozen=True)
class RaySettings(Settings):
    """Many videos at once."""

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


@dataclass(frozen=True)
class RecorderSettings(Settings):
    """When the recorder records, and its bag."""

    bag_out: str = parameter(
        '', 'new bag for skeletons and markers: an .mcap file, or a folder; empty: none')
    record: bool = parameter(
        True, 'record as soon as the node is active; false: wait for the service start_recording')


@dataclass(frozen=True)
class PoseWorkerSettings(Settings):
    """How several pose nodes share the people of each image."""

    pose_workers: int = parameter(
        0, 'number of pose nodes that share the people of each image by track id, in the namespaces '
        'pose_worker_0, pose_worker_1 ...; 0: one pose node for all people', minimum=0, maximum=1000,
        formerly='shares')
    pose_worker_timeout_s: float = parameter(
        5.0, 'how long to wait for a pose node; after that the skeletons are published without its people',
        minimum=0.05, maximum=3600.0, live=True, formerly='share_timeout_s')


@dataclass(frozen=True)
class CameraPoseSettings(Settings):
    """Where the camera stands."""

    camera_in_map: str = parameter(
        '', 'pose of the camera in the frame map, "x y z roll pitch yaw" (m, rad; x forward, y left, z up), '
        'published as a static transform; empty: none; retargeting then takes the camera for level')


@dataclass(frozen=True)
class RetargetSettings(Settings):
    """How a robot imitates a person."""

    robot: str = parameter(
        'unitree_g1', 'the robot: unitree_g1, unitree_h1, or a mapping file of your own, a .yaml '
        '(docs/retargeting.md)')
    person_id: int = parameter(
        -1, 'track id of the person; -1: the nearest, who stays chosen until gone for a second', minimum=-1,
        maximum=2_000_000_000, live=True)
    robot_base: str = parameter(
        'feet', 'where the robot\'s pelvis goes: feet: a foot on the ground stays where it is and carries '
        'the body; path: along the person\'s measured path, feet may slide; fixed: nowhere, upright',
        choices=('feet', 'path', 'fixed'))
    robot_speed_share: float = parameter(
        0.5, 'share of the speed limits of the robot\'s joints that is used', minimum=0.001, maximum=1.0)
    robot_smoothing: bool = parameter(
        True, 'smooth the person\'s joints before (One-Euro filter); not needed with smoothing')
    robot_smoothing_cutoff_hz: float = parameter(
        1.5, 'minimum cutoff frequency of that filter; lower: less jitter, more lag', minimum=0.01,
        maximum=100.0)
    robot_smoothing_beta: float = parameter(
        1.0, 'speed coefficient of that filter, Hz per (m/s); higher: less lag in motion', minimum=0.0,
        maximum=1000.0)


@dataclass(frozen=True)
class Ros4hriSettings(Settings):
    """What is published as ROS4HRI (REP-155) wants it."""

    ros4hri: bool = parameter(
        False, 'publish each tracked person as a body of ROS4HRI (REP-155): topics in /humans/bodies, a URDF '
        'in the parameter human_description_<id>, and TF frames <link>_<id> under body_<id>',
        formerly='joint_frames')


@dataclass(frozen=True)
class LifecycleSettings(Settings):
    """How a node starts."""

    autostart: bool = parameter(
        True, 'configure and activate at start; false: wait for a lifecycle manager')


#: All groups that the pipeline is made from.
PIPELINE_SETTINGS = (DetectorSettings, TrackingSettings, CameraSettings, CropSettings, PoseSettings,
                     RefinementSettings)
#: Node -> the groups that are its parameters.
NODE_SETTINGS: dict[str, tuple[type[Settings], ...]] = {
    'camera_node': (SourceSettings, PublishingSettings, OutputSettings, LifecycleSettings),
    'detector_node': (DetectorSettings, TrackingSettings, CameraSettings, CropSettings, TransportSettings,
                      DrawingSettings, LimitSettings, LifecycleSettings),
    'pose_node': (PoseSettings, RefinementSettings, DrawingSettings, CameraPoseSettings, Ros4hriSettings,
                  LimitSettings, LifecycleSettings),
    'pose_dispatcher_node': (PoseWorkerSettings, DrawingSettings, Ros4hriSettings, LimitSettings,
                             LifecycleSettings),
    'recorder_node': (RecordingSettings, RecorderSettings, OutputSettings, LimitSettings, LifecycleSettings),
    'retarget_node': (RetargetSettings, CameraPoseSettings, LimitSettings, LifecycleSettings),
}
