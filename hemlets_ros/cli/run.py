"""Skeletons of an image, video, bag, folder or camera, as JSON and video; every frame once."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import closing, nullcontext
from dataclasses import replace

from hemlets_ros.cli.arguments import add_settings, settings_of
from hemlets_ros.errors import SettingsError
from hemlets_ros.settings import PIPELINE_SETTINGS, RaySettings, RecordingSettings, SourceSettings


def add_arguments(parser: argparse.ArgumentParser, many: bool = True) -> None:
    parser.add_argument('source', metavar='SOURCE', nargs='+' if many else 1,
                        help='video, bag, image, folder of images, number of a USB camera, or an rtsp:// '
                        'address' + ('; several with --ray' if many else ''))
    add_settings(parser, RecordingSettings)
    parser.add_argument('--overlay', default='', metavar='OVERLAY',
                        help='file for a video (.mp4) with the skeletons drawn in; empty: none')
    add_settings(parser, SourceSettings, without=('source',))
    if many:
        add_settings(parser, RaySettings)
    for group in PIPELINE_SETTINGS:
        add_settings(parser, group)


def main(options: argparse.Namespace, bag_out: str = '') -> int:
    if getattr(options, 'ray', False):
        from hemlets_ros.cli import run_many

        return run_many.main(options)
    if len(options.source) > 1:
        raise SettingsError(f'{len(options.source)} sources are given: several need --ray')
    options.source, = options.source
    # Imported here: torch takes seconds, and errors above and --help need none of it.
    from tqdm import tqdm
    from tqdm.contrib.logging import logging_redirect_tqdm

    from hemlets_ros.geometry.calibration import read_calibration
    from hemlets_ros.results.recording import Recording
    from hemlets_ros.sources import open_source

    if bag_out:
        from hemlets_ros.nodes.skeleton_bag import SkeletonBag

    settings = SourceSettings(**settings_of(options, SourceSettings))
    source = open_source(settings)
    intrinsics = read_calibration(settings.calibration)[0] if settings.calibration else None
    people, start_s = 0, time.monotonic()
    with Recording(options.json, options.course_json, options.overlay, options.source,
                   source.rate_hz) as recording, \
            (SkeletonBag(bag_out) if bag_out else nullcontext()) as bag:
        from hemlets_ros import offline
        from hemlets_ros.pipeline import Pipeline

        with logging_redirect_tqdm():
            pipeline = Pipeline(**{name: value for group in PIPELINE_SETTINGS
                                   for name, value in settings_of(options, group).items()})
            with closing(offline.frames(pipeline, source, intrinsics)) as done:
                for shot, frame in tqdm(done, total=source.count, unit='frame', disable=None):
                    if shot.stamp_ns is not None:
                        frame = replace(frame, stamp_s=shot.stamp_ns * 1e-9, frame_id=shot.frame_id)
                    recording.append(frame, shot.image)
                    if bag_out:
                        bag.append(frame, shot.stamp_ns)
                    people += len(frame.people)
        print(f'{recording.count} frames, {people} skeletons, '
              f'{recording.count / (time.monotonic() - start_s):.1f} frames/s, '
              f'weights {pipeline.weights.name}')
        if pipeline.weights.warning:
            print(pipeline.weights.warning, file=sys.stderr)
    return 0
