"""A video (or folder of images) as a bag: images and camera_info, every frame once."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('video', help='video, image or folder of images')
    parser.add_argument('out', metavar='OUT.mcap', help='the new bag: an .mcap file, or a folder')
    parser.add_argument('--topic', default='/camera/image_raw',
                        help='topic of the images; camera_info beside it, png and jpeg on TOPIC/compressed')
    parser.add_argument('--encoding', default='raw', choices=('raw', 'png', 'jpeg'),
                        help='raw and png keep every pixel; png is smaller and slower')
    parser.add_argument('--calibration', default='', metavar='FILE',
                        help='the camera\'s calibration, a YAML file by camera_calibration')
    parser.add_argument('--frame-id', default='camera_optical_frame', help='the camera\'s optical frame')
    parser.add_argument('--start-s', type=float, default=None, metavar='SECONDS',
                        help='stamp of the first image, since 1970; without: when the file was last changed')


def main(options: argparse.Namespace) -> int:
    # Imported here: --help needs none of it.
    from tqdm import tqdm

    from hemlets_ros.geometry.calibration import read_calibration
    from hemlets_ros.nodes.image_bag import ImageBag
    from hemlets_ros.settings import SourceSettings
    from hemlets_ros.sources import open_source

    source = open_source(SourceSettings(source=options.video))
    start_s = Path(options.video).stat().st_mtime if options.start_s is None else options.start_s
    intrinsics = read_calibration(options.calibration)[0] if options.calibration else None
    count = 0
    with ImageBag(options.out, options.topic, options.encoding, options.frame_id, intrinsics) as bag:
        for shot in tqdm(source, total=source.count, unit='frame', disable=None):
            bag.append(shot.image, round(start_s * 1e9) + round(shot.stamp_s * 1e9))
            count += 1
    print(f'{count} images on {bag.topic} in {options.out}')
    return 0
