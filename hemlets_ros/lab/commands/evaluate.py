"""Measures weights on shards, on the authors' .h5, or on videos and images without ground truth.

`shards` and `authors-h5` compare predictions with the ground truth; `video` compares them with the keypoints
of the person detector, and measures jitter over time.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hemlets_ros.cli.arguments import add_settings, input_files, settings_of
from hemlets_ros.errors import OutputError, SettingsError
from hemlets_ros.results.overlay_kinds import VIDEO_SUFFIXES
from hemlets_ros.settings import (
    FOLDER_RATE_HZ,
    PIPELINE_SETTINGS,
    FolderSettings,
    OutputSettings,
    PoseSettings,
    RefinementSettings,
    SourceSettings,
)
from hemlets_ros.system.output_path import check_outputs, write_text

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest='kind', required=True, metavar='KIND')
    _add_shards(kinds)
    _add_authors_h5(kinds)
    _add_video(kinds)


def main(options: argparse.Namespace) -> int:
    given = [getattr(options, name, None) for name in ('path', 'file', 'actions')]
    inputs = [*input_files(options, getattr(options, 'source', '')), *filter(None, given)]
    check_outputs([options.json, options.png, getattr(options, 'video', '')], inputs, options.overwrite)
    summary = {'shards': _shards, 'authors-h5': _authors_h5, 'video': _video}[options.kind](options)
    # Imported late, so that --help and the errors above do not wait seconds for matplotlib.
    from hemlets_ros.lab.evaluation.evaluation_report import accuracy_panels, plot, table

    if options.kind == 'video':
        from hemlets_ros.lab.evaluation.footage_evaluation import footage_panels

        print(table(summary, 'tracks'))
        panels = footage_panels(summary)
    else:
        print(table(summary, 'actions', 'seen'))
        panels = accuracy_panels(summary)
    if summary['warning']:
        print(summary['warning'], file=sys.stderr)
    if options.json:
        write_text(options.json, json.dumps(summary, indent=2) + '\n')
    if options.png:
        plot(panels, options.png, summary['warning'])
    return 0


def _add_shards(kinds: Subparsers) -> None:
    parser = _add_kind(kinds, 'shards', 'errors of joints and bones on shards, against their labels')
    parser.add_argument('path', metavar='PATH', help='a folder of shards (*.tar), or one of them')
    _add_outputs(parser)
    parser.add_argument('--subjects', nargs='+', metavar='SUBJECT', help='only these subjects')
    parser.add_argument('--blank', action='store_true',
                        help='give the network a blank image, to measure what images add to the keypoints')
    parser.add_argument('--lifter-only', action='store_true',
                        help='measure the lifter alone, which sees only the keypoints, as a baseline')
    _add_comparison_video(parser)
    add_settings(parser, PoseSettings)
    others = [field.name for field in dataclasses.fields(RefinementSettings) if field.name != 'steady_bones']
    add_settings(parser, RefinementSettings, without=tuple(others))


def _shards(options: argparse.Namespace) -> dict[str, Any]:
    _check_comparison_video(options)
    from hemlets_ros.lab.evaluation.run_shards import run_shards

    return run_shards(options.path, _pose(options), subjects=options.subjects, blank=options.blank,
                      lifter_only=options.lifter_only, steady_bones=options.steady_bones,
                      video=options.video, video_rate_hz=options.video_rate_hz)


def _add_authors_h5(kinds: Subparsers) -> None:
    parser = _add_kind(kinds, 'authors-h5', "the authors' protocols #1 and #2 on their .h5")
    parser.add_argument('file', metavar='FILE', help="the authors' .h5")
    _add_outputs(parser)
    parser.add_argument('--actions', metavar='JSON',
                        help="the authors' list of videos (S11.json), for a table by action")
    _add_comparison_video(parser)
    add_settings(parser, PoseSettings)


def _authors_h5(options: argparse.Namespace) -> dict[str, Any]:
    _check_comparison_video(options)
    from hemlets_ros.lab.evaluation.run_authors_h5 import run_authors_h5

    return run_authors_h5(options.file, _pose(options), actions=options.actions,
                          video=options.video, video_rate_hz=options.video_rate_hz)


def _add_video(kinds: Subparsers) -> None:
    parser = _add_kind(kinds, 'video', 'agreement with the detector and jitter, without ground truth')
    parser.add_argument('source', metavar='SOURCE', help='a video, an image, a folder of images, a bag; or a '
                        'camera (its number, or an rtsp:// or http:// address) with --frames')
    _add_outputs(parser)
    parser.add_argument('--frames', type=_frames, default=':', metavar='A:B',
                        help='only frames A to B - 1, counted from 0; A or B may be left out')
    add_settings(parser, PoseSettings)
    parser.add_argument('--as-video', type=float, default=FOLDER_RATE_HZ, metavar='RATE',
                        help='rate of the images of a folder, Hz')
    add_settings(parser, SourceSettings, without=('source', 'reconnect_s'))
    for group in PIPELINE_SETTINGS:
        if group is not PoseSettings:
            # The summary contains the given options.
            add_settings(parser, group, only_given=True)


def _video(options: argparse.Namespace) -> dict[str, Any]:
    from hemlets_ros.lab.evaluation.run_video import run_video

    settings = {name: value for group in PIPELINE_SETTINGS
                for name, value in settings_of(options, group).items()}
    return run_video(SourceSettings(**settings_of(options, SourceSettings)), settings, options.frames,
                     FolderSettings(options.as_video).as_video)


def _add_kind(kinds: Subparsers, name: str, summary: str) -> argparse.ArgumentParser:
    return kinds.add_parser(name, help=summary, description=summary)


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--json', default='', help='file for the results')
    parser.add_argument('--png', default='', help='file for bar charts by joint, action or track')
    add_settings(parser, OutputSettings)


def _add_comparison_video(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--video', default='', metavar='FILE.mp4',
                        help='also write a video of image, truth, prediction and running errors')
    parser.add_argument('--video-rate-hz', type=float, default=10.0, metavar='HZ',
                        help='samples per second of that video')


def _check_comparison_video(options: argparse.Namespace) -> None:
    if not 0.1 <= options.video_rate_hz <= 240:
        raise SettingsError(f'--video-rate-hz must be between 0.1 and 240, not {options.video_rate_hz:g}')
    if options.video and Path(options.video).suffix.lower() not in VIDEO_SUFFIXES:
        raise OutputError(f'cannot write {options.video}: a video ends in {", ".join(VIDEO_SUFFIXES)}')


def _pose(options: argparse.Namespace) -> PoseSettings:
    return PoseSettings(**settings_of(options, PoseSettings))


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
