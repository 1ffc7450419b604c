"""Shows skeletons in 3D with Rerun: recorded, live from ROS, or of a video, bag, photo or camera."""

from __future__ import annotations

import argparse
from contextlib import closing

from hemlets_ros.cli.arguments import add_settings, input_files
from hemlets_ros.cli.live_arguments import add_live_arguments
from hemlets_ros.errors import SettingsError, SourceError
from hemlets_ros.settings import (
    PIPELINE_SETTINGS,
    DrawingSettings,
    FolderSettings,
    OutputSettings,
    SourceSettings,
)
from hemlets_ros.system.output_path import check_outputs

_APPLICATION = 'hemlets'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('source', metavar='SOURCE', nargs='?', default='',
                        help='JSON file written by hemlets run, or a bag with skeletons; or, to be processed '
                        'now, a video, bag, image, folder of images, camera number or rtsp:// address')
    parser.add_argument('--web', action='store_true', help='serve a local web page instead of a window')
    parser.add_argument('--port', type=int, default=9090, help='port of the web page; data use the next one')
    parser.add_argument('--save', default='', metavar='FILE.rrd', help='write a Rerun recording instead')
    parser.add_argument('--images', default='', metavar='SOURCE',
                        help='source of the images (default: the one named in the recording)')
    parser.add_argument('--topic', default='', metavar='TOPIC',
                        help='image topic: of a bag (default: its only one), or live (default: image_raw; '
                        'for compressed images it must end with /compressed)')
    add_live_arguments(parser, 'skeletons and images', 'SOURCE')
    add_settings(parser, DrawingSettings)
    add_settings(parser, OutputSettings)
    add_settings(parser, SourceSettings, without=('source', 'topic'))
    add_settings(parser, FolderSettings)
    for group in PIPELINE_SETTINGS:
        add_settings(parser, group)


def main(options: argparse.Namespace) -> int:
    import rerun as rr

    # Imported late, so that --help is fast.
    from hemlets_ros.cli.view_frames import frames_of
    from hemlets_ros.cli.view_outlets import check_outlet, shown
    from hemlets_ros.results.rerun_scene import RerunScene

    if options.ros == bool(options.source):
        raise SettingsError('give --ros or a SOURCE, and not both')
    check_outlet(options)
    check_outputs([options.save], input_files(options, *filter(None, [options.source])), options.overwrite)
    recording = rr.RecordingStream(_APPLICATION)
    count = 0
    with closing(frames_of(options)) as frames, shown(recording, options) as keep_showing:
        scene = RerunScene(recording)
        for frame, image in frames:
            scene.append(frame, image, options.unseen_joints)
            count += 1
        recording.flush()
        if not count:
            raise SourceError('no skeletons received' if options.ros else
                              f'{options.source}: no image could be read')
        written = f', written: {options.save}' if options.save else ''
        print(f'{count} {"frame" if count == 1 else "frames"}{written}')
        if not options.ros:
            keep_showing()
    return 0
