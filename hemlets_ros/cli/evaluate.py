"""Measures weights: the authors' protocol on their .h5, figures on shards, steadiness on videos.

Of shards, prediction is compared with truth; of a video or images, where there is none, with the detector's
keypoints, and with itself over time.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hemlets_ros.cli.arguments import add_settings, settings_of
from hemlets_ros.errors import InputError, OutputError, SettingsError
from hemlets_ros.settings import PIPELINE_SETTINGS, PoseSettings, SmoothingSettings, SourceSettings

if TYPE_CHECKING:
    from hemlets_ros.runtimes import Runtime

_AUTHORS, _SHARDS, _FOOTAGE = "the authors' .h5", 'shards', 'videos and images'
#: What only some kinds of data have a use for; all of the pipeline but the network is for footage.
_ONLY_FOR = {'actions': (_AUTHORS,), 'subjects': (_SHARDS,), 'video': (_AUTHORS, _SHARDS),
             'video_rate_hz': (_AUTHORS, _SHARDS), 'frames': (_FOOTAGE,), 'calibration': (_FOOTAGE,)} | {
    field.name: (_FOOTAGE,) for group in PIPELINE_SETTINGS if group is not PoseSettings
    for field in dataclasses.fields(group)} | {'steady_bones': (_SHARDS, _FOOTAGE)}
_VIDEO_RATE_HZ = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('data', metavar='DATA', help="the authors' .h5; a folder of shards (or a .tar); or "
                        'a video, an image or a folder of images without a truth')
    parser.add_argument('--json', default='', help='file for the figures')
    parser.add_argument('--png', default='', help='file for a picture: figures by joint, action, track')
    parser.add_argument('--actions', default=argparse.SUPPRESS, metavar='JSON',
                        help="the authors' list of videos (S11.json), for a table by action")
    parser.add_argument('--subjects', nargs='+', default=argparse.SUPPRESS, metavar='SUBJECT',
                        help='shards: only these people')
    parser.add_argument('--video', default=argparse.SUPPRESS, metavar='FILE.mp4',
                        help='.h5 and shards: also a video of image, truth, prediction and the errors so far')
    parser.add_argument('--video-rate-hz', type=float, default=argparse.SUPPRESS, metavar='HZ',
                        help=f'samples a second in it (default: {_VIDEO_RATE_HZ:g})')
    parser.add_argument('--frames', type=_frames, default=argparse.SUPPRESS, metavar='A:B',
                        help='videos and images: only frames A to B - 1, from 0; one of them may be left out')
    parser.add_argument('--blank', action='store_true',
                        help='shards: show the network no image, to see what it adds to the keypoints')
    parser.add_argument('--lifter-only', action='store_true',
                        help='shards: measure what the network makes of the keypoints alone, as a baseline')
    add_settings(parser, PoseSettings)
    add_settings(parser, SourceSettings, without=('source', 'reconnect_s'), only_given=True)
    for group in PIPELINE_SETTINGS:
        if group is not PoseSettings:
            add_settings(parser, group, only_given=True)


def main(options: argparse.Namespace) -> int:
    kind = _kind(options.data)
    strange = [name for name, kinds in _ONLY_FOR.items() if hasattr(options, name) and kind not in kinds]
    if strange:
        raise SettingsError(f'--{strange[0].replace("_", "-")} is for '
                            f'{" and ".join(_ONLY_FOR[strange[0]])}, not for {kind}')
    for path in filter(None, (options.json, options.png, getattr(options, 'video', ''))):
        if not Path(path).absolute().parent.is_dir():
            raise OutputError(f'cannot write {path}: no such folder')
    _rate(options)
    # Imported here: torch takes seconds, and errors above and --help need none of it.
    from hemlets_ros.evaluation.report import accuracy_panels, plot, table

    if kind == _FOOTAGE:
        from hemlets_ros.evaluation.footage import footage_panels

        summary = _footage(options)
        print(table(summary, 'tracks'))
        panels = footage_panels(summary)
    else:
        summary = _authors(options) if kind == _AUTHORS else _shards(options)
        print(table(summary, 'actions', 'seen'))
        panels = accuracy_panels(summary)
    if summary['warning']:
        print(summary['warning'], file=sys.stderr)
    if options.json:
        Path(options.json).write_text(json.dumps(summary, indent=2) + '\n')
    if options.png:
        plot(panels, options.png, summary['warning'])
    return 0


def _kind(data: str) -> str:
    if data.endswith(('.h5', '.hdf5')):
        return _AUTHORS
    camera = data.isdecimal() or data.startswith('rtsp://')
    if data.endswith('.tar') or ('://' in data and not camera):
        return _SHARDS
    folder = Path(data)
    if folder.is_dir():
        from hemlets_ros.sources.images import IMAGE_SUFFIXES

        suffixes = {path.suffix.lower() for path in folder.iterdir()}
        if '.tar' in suffixes:
            return _SHARDS
        if not suffixes & IMAGE_SUFFIXES:
            raise InputError(f'{data} holds no shards (*.tar; make them by hemlets prepare or hemlets synth) '
                             'and no images')
    return _FOOTAGE


def _authors(options: argparse.Namespace) -> dict[str, Any]:
    from tqdm import tqdm

    from hemlets_ros.evaluation.authors import evaluate_authors_file, images_of
    from hemlets_ros.runtimes import make_runtime

    runtime = make_runtime(_pose(options))
    with tqdm(unit='sample', disable=None) as bar:
        result = evaluate_authors_file(runtime, options.data, options.flip, getattr(options, 'actions', None),
                                       bar.update)
    if hasattr(options, 'video'):
        from hemlets_ros.evaluation.video import ComparisonVideo

        errors = {'Protocol #1': result.p1_mm, 'Protocol #2': result.p2_mm}
        with ComparisonVideo(options.video, errors, _rate(options), runtime.weights.warning) as video:
            for image, truth_mm, predicted_mm in zip(
                    tqdm(images_of(options.data), total=len(result.p1_mm), unit='picture', disable=None),
                    result.truth_mm, result.predicted_mm, strict=True):
                video.append(image, truth_mm, predicted_mm)
    return result.summary() | _facts(options, runtime)


def _shards(options: argparse.Namespace) -> dict[str, Any]:
    from tqdm import tqdm

    from hemlets_ros.datasets.index import check_subjects
    from hemlets_ros.datasets.shards import find_shards, read_shard
    from hemlets_ros.evaluation.dataset import evaluate_samples, is_full
    from hemlets_ros.evaluation.metrics import pose_figures
    from hemlets_ros.evaluation.report import poses_mm, summarise
    from hemlets_ros.runtimes import lifter_alone, make_runtime

    urls, subjects = find_shards(options.data), getattr(options, 'subjects', None)
    there: set[str] = set()

    def samples(what: str) -> Any:
        for sample in tqdm((sample for url in urls for sample in read_shard(url)), unit=what, disable=None):
            there.add(sample.subject)
            if subjects is None or sample.subject in subjects:
                yield sample

    pose, volume = _pose(options), not options.lifter_only
    runtime = make_runtime(pose) if volume else lifter_alone(pose)
    inputs = {'image': not options.blank, 'keypoints': options.prior}
    steady_bones = SmoothingSettings.picked_from(settings_of(options, SmoothingSettings)).steady_bones
    result = evaluate_samples(runtime, samples('sample'), options.flip and volume, **inputs,
                              steady_bones=steady_bones)
    check_subjects('--subjects', set(subjects or ()), there)
    summary = summarise(result)
    if hasattr(options, 'video'):
        from hemlets_ros.evaluation.video import ComparisonVideo

        figures = pose_figures(*poses_mm(result))
        errors = {'MPJPE': figures['mpjpe_mm'], 'PA-MPJPE': figures['pa_mpjpe_mm']}
        with ComparisonVideo(options.video, errors, _rate(options), runtime.weights.warning) as video:
            # Read again: the images of a large set would not fit into memory.
            for sample, truth_mm, predicted_mm in zip(filter(is_full, samples('picture')),
                                                      result.truth_mm[result.full],
                                                      result.predicted_mm[result.full], strict=True):
                video.append(sample.image, truth_mm, predicted_mm)
    return summary | {'inputs': inputs | {'volume': volume}, 'steady_bones': steady_bones} \
        | _facts(options, runtime)


def _footage(options: argparse.Namespace) -> dict[str, Any]:
    from itertools import islice

    from tqdm import tqdm

    from hemlets_ros import offline
    from hemlets_ros.evaluation.footage import summarise_footage
    from hemlets_ros.geometry.calibration import read_calibration
    from hemlets_ros.pipeline import Pipeline
    from hemlets_ros.sources import open_source

    source = open_source(SourceSettings(**settings_of(options, SourceSettings) | {'source': options.data}))
    chosen: slice = getattr(options, 'frames', slice(0, None))
    if source.live and chosen.stop is None:
        raise SettingsError(f'camera {options.data} has no end: say how many images, e.g. --frames :100')
    calibration = getattr(options, 'calibration', '')
    intrinsics = read_calibration(calibration)[0] if calibration else None
    settings = {name: value for group in PIPELINE_SETTINGS
                for name, value in settings_of(options, group).items()}
    # Without smoothing: `summarise_footage` compares both.
    pipeline = Pipeline(**settings | {'smoothing': False})
    shots = islice(source, chosen.start, chosen.stop)
    ends = [end for end in (source.count, chosen.stop) if end is not None]
    total = max(0, min(ends) - chosen.start) if ends else None
    done = offline.frames(pipeline, shots, intrinsics)
    frames = [frame for _, frame in tqdm(done, total=total, unit='frame', disable=None)]
    if not frames:
        raise InputError(f'{options.data} has no frame {chosen.start}')
    return summarise_footage(frames, SmoothingSettings.picked_from(settings)) | {
        'intrinsics_assumed': frames[0].intrinsics.assumed, 'settings': settings,
        'weights': pipeline.weights.name, 'weights_sha256': pipeline.weights.sha256,
        'warning': pipeline.weights.warning}


def _pose(options: argparse.Namespace) -> PoseSettings:
    return PoseSettings(**settings_of(options, PoseSettings))


def _facts(options: argparse.Namespace, runtime: Runtime) -> dict[str, Any]:
    return {'flip': options.flip, 'runtime': runtime.name, 'weights': runtime.weights.name,
            'weights_sha256': runtime.weights.sha256, 'warning': runtime.weights.warning}


def _rate(options: argparse.Namespace) -> float:
    rate_hz = getattr(options, 'video_rate_hz', _VIDEO_RATE_HZ)
    if not 0.1 <= rate_hz <= 240:
        raise SettingsError(f'--video-rate-hz must be between 0.1 and 240, not {rate_hz:g}')
    return rate_hz


def _frames(text: str) -> slice:
    first, colon, last = text.partition(':')
    try:
        chosen = slice(int(first or 0), int(last) if last else None)
    except ValueError:
        chosen = None
    if not colon or chosen is None or chosen.start < 0 \
            or (chosen.stop is not None and chosen.stop <= chosen.start):
        raise argparse.ArgumentTypeError(f'must be A:B with 0 <= A < B, not {text!r}')
    return chosen
