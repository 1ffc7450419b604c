"""Image sources of type `Source`: video file, bag, image folder, camera; one module each."""

from __future__ import annotations

from hemlets_ros.errors import SettingsError, SourceError
from hemlets_ros.settings import SourceSettings
from hemlets_ros.sources.bag_files import is_bag
from hemlets_ros.sources.camera_source import CameraSource
from hemlets_ros.sources.image_files import IMAGE_SUFFIXES, ImagesSource
from hemlets_ros.sources.source import Source, SourceImage
from hemlets_ros.sources.video_source import VideoSource
from hemlets_ros.system.source_path import source_path

__all__ = ['Source', 'SourceImage', 'check_as_video', 'open_source']


def open_source(settings: SourceSettings, folder_rate_hz: float = 0.0) -> Source:
    """The source that `settings.source` names.

    folder_rate_hz: the images of a folder are frames of a video at this rate; 0: photos.

    Raises SourceError if there is nothing to read.
    """
    name = settings.source
    path = source_path(name)
    if path is None:
        if name.startswith(('http://', 'https://')) and VideoSource.has_an_end(name):
            return VideoSource(name)
        return CameraSource(int(name) if name.isdecimal() else name, settings.reconnect_s)
    try:
        if not path.exists():
            raise SourceError(f'no such file or folder: {name}')
        if not path.is_file() and not path.is_dir():  # reading a pipe would block for ever
            raise SourceError(f'{name} is neither a file nor a folder; a camera is given by its number')
        if path.is_file() and not path.stat().st_size:
            raise SourceError(f'{name} is empty')
        if is_bag(path):
            # Imported late, because only bags need rosbags.
            from hemlets_ros.sources.bag_source import BagSource

            return BagSource(path, settings.topic, calibrated=bool(settings.calibration))
        if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES:
            return ImagesSource(path, folder_rate_hz)
    except (OSError, ValueError) as error:  # e.g. a name that is too long, a folder without permission
        raise SourceError(f'cannot read {name}: {getattr(error, "strerror", None) or error}') from error
    return VideoSource(path)


def check_as_video(name: str, rate_hz: float) -> None:
    """Raises SettingsError if a rate is given for a source that is not a folder of images."""
    path = source_path(name)
    try:
        folder = path is not None and path.is_dir() and not is_bag(path)
    except (OSError, ValueError):  # a name that is too long
        folder = False
    if rate_hz and not folder:
        raise SettingsError(f'as_video is the rate of a folder of images, which {name} is not: leave it out')
