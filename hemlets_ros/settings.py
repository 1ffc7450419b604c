"""Every parameter, once: name, default, meaning, range. Nodes and command line are made from these."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, TypeVar

from hemlets_ros.errors import SettingsError

T = TypeVar('T', bound='Settings')


def parameter(
    default: Any,
    description: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    live: bool = False,
) -> Any:
    """A field of a Settings class: its default, what it means, what it may be.

    live: a node takes a new value while it runs.
    """
    return dataclasses.field(default=default, metadata={
        'description': description, 'minimum': minimum, 'maximum': maximum, 'choices': choices,
        'live': live})


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
        'ultralytics', 'what finds people: an ultralytics model, a Darknet model, or nothing (one '
        'person fills the image)', choices=('ultralytics', 'darknet', 'whole-image'))
    detector_model: str = parameter(
        'yolo11n-pose.pt', 'ultralytics model: a file, the bundled yolo11n-pose.pt, or any name that '
        'ultralytics knows (it downloads those)')
    detector_runtime: str = parameter(
        'auto', 'what runs an ultralytics model: torch, or onnxruntime, on the CPU alone; auto: on a CPU '
        'onnxruntime, if it is installed and the model is of a kind that it can run here, else torch',
        choices=('auto', 'torch', 'onnxruntime'))
    darknet_config: str = parameter('yolov3.cfg', 'Darknet network, a .cfg file')
    darknet_weights: str = parameter('yolov3.weights', 'Darknet weights, a .weights file')
    darknet_classes: str = parameter(
        'classes.txt', 'names of the Darknet classes, one a line; one must be "person"')
    score_threshold: float = parameter(
        0.4, 'people with a lower detector score are ignored', minimum=0.0, maximum=1.0, live=True)
    max_persons: int = parameter(
        10, 'at most this many people an image, the best scores first', minimum=1, maximum=1000, live=True)
    detector_device: str = parameter(
        'auto', 'where it runs: cpu, cuda, cuda:1 ...; auto: where the network runs; in a node of its own '
        'on a GPU if there is one')
    detector_size_px: int = parameter(
        640, 'the image is scaled to this length for the detector; small people need 960-1280',
        minimum=32, maximum=4096)
    detect_every: int = parameter(
        1, 'detect people in every so many-th image only; in between, those tracked go on as they moved: '
        'faster, less exact', minimum=1, maximum=100, live=True)


@dataclass(frozen=True)
class TrackingSettings(Settings):
    """How people keep their id from image to image."""

    tracking: bool = parameter(True, 'give each person an id that lasts (ByteTrack)')
    tracking_low_score: float = parameter(
        0.2, 'a person already tracked is kept down to this detector score', minimum=0.0, maximum=1.0,
        live=True)
    tracking_memory_s: float = parameter(
        1.0, 'how long a person may be unseen and keep the id', minimum=0.0, maximum=60.0)


@dataclass(frozen=True)
class CameraSettings(Settings):
    """What is assumed of a camera that does not say its intrinsics."""

    assumed_fov_deg: float = parameter(
        60.0, 'horizontal field of view assumed when no intrinsics are given; distances scale with it',
        minimum=5.0, maximum=170.0, live=True)


@dataclass(frozen=True)
class TransportSettings(Settings):
    """How a node gets its images."""

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
        0.1, 'space kept around the box, as a share of its longer side, on each side',
        minimum=0.0, maximum=2.0, live=True)


@dataclass(frozen=True)
class PoseSettings(Settings):
    """How crops become skeletons."""

    weights: str = parameter(
        '', 'network weights: our .safetensors, the authors\' .pth, or an .onnx by hemlets export; empty: '
            'those that come with the package (of lite); random: random ones, for trials')
    variant: str = parameter(
        'auto', 'network: full (ResNet-50), lite (MobileNetV2), or what the weights say (lite without)',
        choices=('auto', 'full', 'lite'))
    device: str = parameter(
        'auto', 'where the network runs: cpu, cuda, cuda:1 ...; auto takes a GPU if there is one')
    runtime: str = parameter(
        'auto', 'what runs the network; auto: on a GPU torch, else which of those installed is fastest here',
        choices=('auto', 'torch', 'onnxruntime', 'openvino', 'tensorrt'))
    precision: str = parameter(
        'fp32', 'numbers that the network computes with: fewer bits are faster, and cost some mm',
        choices=('fp32', 'bf16', 'fp16', 'int8'))
    fuse: bool = parameter(
        True, 'run the network in fewer steps, with the same result; false: layer by layer')
    input_px: int = parameter(
        0, 'crops are shrunk to this for the network, a multiple of 32: smaller is faster and less exact; '
           '0: as the weights have it', minimum=0, maximum=256)
    prior: bool = parameter(
        True, 'let the network use the keypoints that come with the boxes, if it was trained to')
    flip: bool = parameter(
        False, 'average with the mirrored crop, as the authors do: slightly better, half as fast', live=True)


@dataclass(frozen=True)
class SmoothingSettings(Settings):
    """What is done over time to each tracked person."""

    steady_bones: bool = parameter(
        True, 'hold bones near likely lengths: of usual proportions, and soon of each tracked person\'s own',
        live=True)
    smoothing: bool = parameter(False, 'smooth each tracked skeleton over time (One-Euro filter)', live=True)
    smoothing_min_cutoff_hz: float = parameter(
        1.5, 'lower: less jitter when still, more lag', minimum=0.01, maximum=100.0, live=True)
    smoothing_beta: float = parameter(
        1.0, 'higher: less lag when moving; Hz per (m/s)', minimum=0.0, maximum=1000.0, live=True)


@dataclass(frozen=True)
class SourceSettings(Settings):
    """Where images come from."""

    source: str = parameter(
        '0', 'images: a USB camera\'s number, a video file, a bag, an image or a folder of them, or '
        'an rtsp:// or http:// address')
    topic: str = parameter('', 'the topic of a bag\'s images; empty: the only one')
    calibration: str = parameter(
        '', 'the camera\'s calibration, a YAML file by camera_calibration; empty: not calibrated')
    reconnect_s: float = parameter(
        10.0, 'a camera that stops is tried again, waiting longer each time, up to this long',
        minimum=0.1, maximum=3600.0)


@dataclass(frozen=True)
class PublishingSettings(Settings):
    """How the camera node publishes images."""

    frame_id: str = parameter(
        'camera_optical_frame', 'the camera\'s optical frame (x right, y down, z forward)')
    lossless: str = parameter(
        'none', 'none: images at the source\'s rate; else the next image follows when the last one\'s '
        'skeletons have come back, or have been recorded', choices=('none', 'skeletons', 'recorded'))
    clock: bool = parameter(
        False, 'publish the images\' stamps as /clock, for nodes that use_sim_time')
    retry_s: float = parameter(
        1.0, 'lossless: an image is sent again when there is no answer for so long',
        minimum=0.05, maximum=60.0)
    report: str = parameter(
        '', 'a JSON file to write at the end: images, rate, round-trip times; empty: none')


@dataclass(frozen=True)
class RecordingSettings(Settings):
    """What is recorded."""

    json: str = parameter('', 'file for all results, as JSON; empty: none')
    course_json: str = parameter('', 'file for the course project\'s JSON; empty: none')


@dataclass(frozen=True)
class RaySettings(Settings):
    """Many videos at once."""

    ray: bool = parameter(
        False, 'one task a video, by Ray; outputs are then folders, with a file for each video, and what is '
        'complete there is not done again')
    ray_address: str = parameter(
        '', 'the Ray cluster: its address, or auto for that of RAY_ADDRESS or of this machine; empty: none, '
        'this machine alone')
    ray_cpus: int = parameter(1, 'cores that a video takes', minimum=1, maximum=1024)
    ray_gpus: float = parameter(0.0, 'GPUs that a video takes; 0.25: four videos share one',
                                minimum=0.0, maximum=64.0)
    ray_retries: int = parameter(
        3, 'a video whose process dies (no memory, a machine is lost) begins anew so often',
        minimum=0, maximum=1000)


@dataclass(frozen=True)
class TakeSettings(Settings):
    """When the recorder records, and what only a node can write."""

    bag_out: str = parameter(
        '', 'a new bag for skeletons and markers: an .mcap file, or a folder; empty: none')
    record: bool = parameter(
        True, 'record from the start; false: from a call of the service start_recording on')


@dataclass(frozen=True)
class SharingSettings(Settings):
    """How several pose nodes share the people of each image."""

    shares: int = parameter(
        0, 'pose nodes that share the people of each image by their track ids, in the namespaces share_0, '
        'share_1 ...; 0: one that has them all', minimum=0, maximum=1000)
    share_timeout_s: float = parameter(
        5.0, 'an image that a pose node has not answered for so long goes on without its people',
        minimum=0.05, maximum=3600.0, live=True)


@dataclass(frozen=True)
class FrameSettings(Settings):
    """What goes to TF, where tf2_msgs is installed."""

    joint_frames: bool = parameter(
        False, 'publish a TF frame for each joint of each tracked person: <joint>_<id> under body_<id>')
    camera_in_map: str = parameter(
        '', 'the camera\'s place in the frame map, "x y z roll pitch yaw" (m, rad; x forward, y left, z up), '
        'published as a static transform; empty: none')


@dataclass(frozen=True)
class ManagedSettings(Settings):
    """How a node starts."""

    autostart: bool = parameter(
        True, 'configure and activate by itself; false: wait for a lifecycle manager')


#: All groups that the pipeline is made from.
PIPELINE_SETTINGS = (DetectorSettings, TrackingSettings, CameraSettings, CropSettings, PoseSettings,
                     SmoothingSettings)
#: Node -> the groups that are its parameters.
NODE_SETTINGS: dict[str, tuple[type[Settings], ...]] = {
    'camera_node': (SourceSettings, PublishingSettings, ManagedSettings),
    'detector_node': (DetectorSettings, TrackingSettings, CameraSettings, CropSettings, TransportSettings,
                      ManagedSettings),
    'pose_node': (PoseSettings, SmoothingSettings, FrameSettings, ManagedSettings),
    'sharing_node': (SharingSettings, ManagedSettings),
    'recorder_node': (RecordingSettings, TakeSettings, ManagedSettings),
}
