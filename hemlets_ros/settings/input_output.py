"""Parameters of image sources and outputs."""

from __future__ import annotations

from dataclasses import dataclass

from hemlets_ros.settings.declaration import Settings, parameter


@dataclass(frozen=True)
class SourceSettings(Settings):
    """Image source."""

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
    """Folders of images."""

    as_video: float = parameter(
        0.0, 'rate of the images of a folder as frames of a video, Hz; 0: independent photos of any size, '
        'without tracking', minimum=0.0, maximum=1000.0)


#: Default rate of the images of a folder that are used as frames of a video.
FOLDER_RATE_HZ = 30.0


@dataclass(frozen=True)
class PublishingSettings(Settings):
    """Publishing by the camera node."""

    frame_id: str = parameter(
        'camera_optical_frame', 'optical frame of the camera (x right, y down, z forward)')
    lossless: str = parameter(
        'none', 'none: publish at the rate of the source; skeletons, recorded: publish the next image when '
        'the skeletons of the last one have been published, or recorded',
        choices=('none', 'skeletons', 'recorded'))
    clock: bool = parameter(
        False, 'publish the stamps of the images on /clock, for nodes with use_sim_time')
    retry_s: float = parameter(
        1.0, 'lossless: an unanswered image is published again after this time',
        minimum=0.05, maximum=60.0)
    folder_rate_hz: float = parameter(
        FOLDER_RATE_HZ, 'rate of the images of a folder, which are published as frames of a video; for '
        'independent photos use hemlets run', minimum=0.01, maximum=1000.0)
    report: str = parameter(
        '', 'JSON file to write at the end: number of images, rate, round-trip times; empty: none')


@dataclass(frozen=True)
class RecordingSettings(Settings):
    """Recorded files."""

    json: str = parameter('', 'JSON file for all results; empty: none')
    course_json: str = parameter('', 'JSON file in the format of the course project; empty: none')


@dataclass(frozen=True)
class RecorderSettings(Settings):
    """Recorder node."""

    bag_out: str = parameter(
        '', 'new bag for skeletons and markers: an .mcap file, or a folder; empty: none')
    record: bool = parameter(
        True, 'record as soon as the node is active; false: wait for the service start_recording')


@dataclass(frozen=True)
class OutputSettings(Settings):
    """Existing files."""

    overwrite: bool = parameter(
        False, 'replace existing output files; otherwise they are an error, before any work is done')
