"""`hemlets evaluate video`: runs the pipeline on a video, images or a camera without ground truth."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

from hemlets_ros.errors import InputError, SettingsError, SourceError
from hemlets_ros.geometry.calibration import read_calibration
from hemlets_ros.lab.evaluation.footage_evaluation import summarise_footage
from hemlets_ros.pipeline import Pipeline, offline
from hemlets_ros.settings import FOLDER_RATE_HZ, RefinementSettings, SourceSettings
from hemlets_ros.sources import open_source
from hemlets_ros.system.progress import progress

#: Data of the other subcommands, refused here because the video library accepts JPEGs in a tar.
_OTHER_DATA = {'.tar': 'shards', '.h5': 'authors-h5', '.hdf5': 'authors-h5'}


def run_video(source_settings: SourceSettings, settings: dict[str, Any],
              frames: slice, folder_rate_hz: float = FOLDER_RATE_HZ) -> dict[str, Any]:
    """The summary of the frames of a source.

    Args:
        settings: parameters of the pipeline by name.
        frames: frames to evaluate; required to be finite for a camera.
        folder_rate_hz: frame rate for a folder of images.

        Raises SourceError if there is nothing to read, InputError if none of the frames exists.
    """
    other = _OTHER_DATA.get(Path(source_settings.source).suffix.lower())
    if other:
        raise SourceError(f'{source_settings.source} is not a video or image; '
                          f'use hemlets evaluate {other}')
    source = open_source(source_settings, folder_rate_hz)
    if source.live and frames.stop is None:
        raise SettingsError(f'camera {source_settings.source} has no end: say how many images, '
                            'e.g. --frames :100')
    calibration = read_calibration(source_settings.calibration) if source_settings.calibration else None
    # Without smoothing, because `summarise_footage` compares results with and without it.
    pipeline = Pipeline(**settings | {'smoothing': False})
    ends = [end for end in (source.count, frames.stop) if end is not None]
    total = max(0, min(ends) - frames.start) if ends else None
    done = offline.frames(pipeline, islice(source, frames.start, frames.stop), calibration)
    measured = [frame for _, frame in progress(done, total=total, unit='frame')]
    if not measured:
        raise InputError(f'{source_settings.source} has no frame {frames.start}')
    return summarise_footage(measured, RefinementSettings.picked_from(settings)) | {
        'intrinsics_assumed': measured[0].intrinsics.assumed, 'settings': settings,
        'weights': pipeline.weights.name, 'weights_sha256': pipeline.weights.sha256,
        'warning': pipeline.weights.warning}
