"""Skeletons of a recorded bag, as JSON and as a bag again; every frame once, with the recorded stamps."""

from __future__ import annotations

import argparse

from hemlets_ros.cli import run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    run.add_arguments(parser, many=False)
    parser.add_argument('--bag-out', default='', metavar='OUT.mcap',
                        help='a new bag with skeletons and markers: an .mcap file, or a folder; empty: none')


def main(options: argparse.Namespace) -> int:
    return run.main(options, options.bag_out)
