"""Parameters of detection, tracking, camera intrinsics, image transport and cropping."""

from __future__ import annotations

from dataclasses import dataclass

from hemlets_ros.settings.declaration import Settings, parameter
from hemlets_ros.system.made_without import is_without_agpl


@dataclass(frozen=True)
class DetectorSettings(Settings):
    """Person detector."""

    detector: str = parameter(
        'open' if is_without_agpl() else 'ultralytics',
        'person detector: ultralytics (AGPL-3.0), open (MoveNet, Apache-2.0, CPU only), '
        'darknet, whole-image (no detection: one person fills the image), or one that another package '
        'registers as an entry point hemlets_ros.detectors')
    detector_model: str = parameter(
        'yolo11n-pose.pt', 'ultralytics model: the bundled yolo11n-pose.pt or yolo11n-pose-int8.onnx (in 8 '
        'bits, for CPUs; both AGPL-3.0), or the path of a .pt file, or of an .onnx by ultralytics')
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
        0, 'size to which the longer side of the image is scaled for the detector; larger finds smaller '
        'people and takes longer; 0: automatic, 1.25 times the longer side, at least 640 and at most 960 '
        '(1280 with a GPU or eight cores); detector open: the longer side, at least 256 and at most 768',
        minimum=0, maximum=4096)
    detect: str = parameter(
        'by-source', 'where the detector looks for people: always: in whole images; auto: in windows around '
        'tracked people, and in the whole image when somebody may have arrived or was lost (faster); '
        'by-source: on a CPU auto for cameras, and in nodes unless reliable_images is set, if detect_every '
        'is 1; else always',
        choices=('by-source', 'always', 'auto'), live=True)
    detect_at_least_hz: float = parameter(
        2.0, 'detect auto: minimum rate of detections in the whole image', minimum=0.1, maximum=1000.0,
        live=True)
    detect_every: int = parameter(
        1, 'detect always: run the detector on every N-th image only, and move people at constant velocity '
        'in between: faster, less accurate', minimum=1, maximum=100, live=True)


@dataclass(frozen=True)
class TrackingSettings(Settings):
    """Tracking."""

    tracking: bool = parameter(True, 'track people over time: the same person keeps the same id (ByteTrack)')
    tracking_low_score: float = parameter(
        0.2, 'minimum detector score of a person who is already tracked', minimum=0.0, maximum=1.0,
        live=True)
    tracking_memory_s: float = parameter(
        1.0, 'how long a track is kept while the person is not detected', minimum=0.0, maximum=60.0)


@dataclass(frozen=True)
class CameraSettings(Settings):
    """Camera without calibration."""

    assumed_fov_deg: float = parameter(
        60.0, 'horizontal field of view assumed when no intrinsics are given; distances scale with it',
        minimum=5.0, maximum=170.0, live=True)


@dataclass(frozen=True)
class TransportSettings(Settings):
    """Image transport of nodes."""

    reliable_images: bool = parameter(
        False, 'subscribe to images and intrinsics with reliable QoS: no image is lost between two '
        'processes, even without shared memory; drivers that publish with best-effort QoS do not match')
    image_transport: str = parameter(
        'raw', 'images to subscribe to: raw (image_raw), or compressed (image_raw/compressed)',
        choices=('raw', 'compressed'))
    detections_in: bool = parameter(
        False, 'take people from the topic detections (vision_msgs/Detection2DArray, with the image\'s '
        'stamp) instead of running a detector')


@dataclass(frozen=True)
class CropSettings(Settings):
    """Crops of people."""

    crop_margin: float = parameter(
        0.1, 'margin around the person on each side, relative to the longer side',
        minimum=0.0, maximum=2.0, live=True)
    crop_whole_body: bool = parameter(
        True, 'if only a part of a person is visible (cut by the image border, behind a table), leave room '
        'for the rest of the body in the crop, so that unseen joints have a place', live=True)
