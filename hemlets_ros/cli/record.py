"""Estimates the skeletons of a recorded bag; writes JSON and a bag with the recorded stamps."""

from __future__ import annotations

import argparse

from hemlets_ros.cli import run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    run.add_arguments(parser, many=False)
    parser.add_argument('--bag-out', default='', metavar='OUT.mcap',
                        help='new bag for skeletons and markers: an .mcap file, or a folder')


def main(options: argparse.Namespace) -> int:
    # Imported late, so that --help is fast.
    from hemlets_ros.cli.run_one import run_one
    from hemlets_ros.sources import check_as_video

    check_as_video(options.source[0], options.as_video)
    run_one(options, options.source[0], options.bag_out)
    return 0
