"""Converts a video, or a folder of its frames, to a bag with images and camera_info, every frame once."""

from __future__ import annotations

import argparse
from itertools import chain

from hemlets_ros.cli.arguments import add_settings, finite, input_files, output_name
from hemlets_ros.errors import SourceError
from hemlets_ros.settings import FOLDER_RATE_HZ, FolderSettings, OutputSettings
from hemlets_ros.system.output_path import check_outputs
from hemlets_ros.system.source_path import source_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('video', help='video, image, or folder of images: frames of a video')
    parser.add_argument('out', type=output_name, metavar='OUT.mcap',
                        help='new bag: an .mcap file, or a folder')
    parser.add_argument('--topic', default='/camera/image_raw',
                        help='topic of the images; png and jpeg on TOPIC/compressed, camera_info beside it')
    parser.add_argument('--encoding', default='raw', choices=('raw', 'png', 'jpeg'),
                        help='raw and png are lossless; png is smaller and slower')
    parser.add_argument('--calibration', default='', metavar='FILE',
                        help='calibration of the camera, a YAML file by camera_calibration')
    parser.add_argument('--frame-id', default='camera_optical_frame', help='optical frame of the camera')
    parser.add_argument('--start-s', type=finite, default=None, metavar='SECONDS',
                        help='stamp of the first image, Unix time; default: when the file was last modified')
    parser.add_argument('--as-video', type=float, default=FOLDER_RATE_HZ, metavar='RATE',
                        help='rate of the images of a folder, Hz')
    add_settings(parser, OutputSettings)


def main(options: argparse.Namespace) -> int:
    # Imported late, so that --help is fast.
    from hemlets_ros.geometry.calibration import read_calibration
    from hemlets_ros.nodes.image_bag import ImageBag, check_names
    from hemlets_ros.settings import SourceSettings
    from hemlets_ros.sources import open_source
    from hemlets_ros.system.progress import progress

    path = source_path(options.video)
    if path is None:
        raise SourceError(f'{options.video} is not a file or folder')
    check_names(options.topic, options.frame_id)
    check_outputs([options.out], input_files(options, options.video), options.overwrite)
    source = open_source(SourceSettings(source=options.video), FolderSettings(options.as_video).as_video)
    start_s = path.stat().st_mtime if options.start_s is None else options.start_s
    calibration = read_calibration(options.calibration) if options.calibration else None
    count = 0
    images = iter(progress(source, total=source.count, unit='frame'))
    first = next(images, None)
    if first is None:
        raise SourceError(f'{options.video}: no image could be read')
    intrinsics = None if calibration is None else \
        calibration[0].resized(calibration[1], (first.image.shape[1], first.image.shape[0]))
    with ImageBag(options.out, options.topic, options.encoding, options.frame_id, intrinsics,
                  options.overwrite) as bag:
        for item in chain([first], images):
            bag.append(item.image, round(start_s * 1e9) + round(item.stamp_s * 1e9))
            count += 1
    print(f'{count} images on {bag.topic} in {options.out}')
    return 0
