"""Estimates the skeletons of an image, video, bag, folder or camera; writes JSON and video."""

from __future__ import annotations

import argparse

from hemlets_ros.cli.arguments import add_settings
from hemlets_ros.errors import SettingsError
from hemlets_ros.settings import (
    PIPELINE_SETTINGS,
    DrawingSettings,
    FolderSettings,
    OutputSettings,
    RaySettings,
    RecordingSettings,
    SourceSettings,
)


def add_arguments(parser: argparse.ArgumentParser, many: bool = True) -> None:
    """Adds the options of `hemlets run`; many: including those for several sources."""
    parser.add_argument('source', metavar='SOURCE', nargs='+' if many else 1,
                        help='video, bag, image, folder of images, number of a USB camera, or an rtsp:// '
                        'address' + ('; several with --ray' if many else ''))
    add_settings(parser, RecordingSettings)
    parser.add_argument('--overlay', default='', metavar='OVERLAY',
                        help='images with skeletons: a video (.mp4, .webm, .gif), a picture (.png, .jpg), or '
                        'a folder for one picture per image (default: none; for a single photo without '
                        'other outputs, NAME_skeletons.png)')
    parser.add_argument('--overlay-mesh', action='store_true',
                        help='draw shaded bodies instead of skeletons; turns --body on')
    parser.add_argument('--mesh', default='', metavar='MESH',
                        help="bodies as meshes, turns --body on: an animated glTF file (.glb), a .ply or "
                        ".obj of one image, or 'FOLDER/*.ply' or 'FOLDER/*.obj' (quoted) for one file per "
                        "image")
    parser.add_argument('--json-lines', action='store_true',
                        help='print each frame on standard output as one line of JSON as soon as it is done')
    parser.add_argument('--show', action='store_true',
                        help='show skeletons, ids, distances and rate in a window; q ends the run')
    add_settings(parser, DrawingSettings)
    add_settings(parser, OutputSettings)
    add_settings(parser, SourceSettings, without=('source',))
    add_settings(parser, FolderSettings)
    if many:
        add_settings(parser, RaySettings)
    for group in PIPELINE_SETTINGS:
        add_settings(parser, group)


def main(options: argparse.Namespace) -> int:
    if options.ray and options.show:
        raise SettingsError('--show cannot be used with --ray')
    if options.ray and options.mesh:
        raise SettingsError('--mesh needs a single source: not with --ray')
    if options.ray:
        if options.json_lines:
            raise SettingsError('--json-lines needs a single source: not with --ray')
        from hemlets_ros.cli.run_many import run_many

        return run_many(options)
    if len(options.source) > 1:
        raise SettingsError(f'{len(options.source)} sources: several need --ray')
    # Imported late, so that --help and the errors above do not wait seconds for its imports.
    from hemlets_ros.cli.run_one import run_one
    from hemlets_ros.sources import check_as_video

    check_as_video(options.source[0], options.as_video)
    run_one(options, options.source[0])
    return 0
