"""Options of commands that can subscribe to a running graph instead of reading a file."""

from __future__ import annotations

import argparse


def add_live_arguments(parser: argparse.ArgumentParser, heard: str, instead_of: str) -> None:
    """Adds --ros, --namespace and --skeletons-topic.

    heard: the data taken from the graph, for the help; instead_of: positional argument that --ros replaces.
    """
    live = parser.add_argument_group('Live from ROS')
    live.add_argument('--ros', action='store_true',
                      help=f'{heard} of a running graph, instead of {instead_of}, until Ctrl-C')
    live.add_argument('--namespace', default='', help='namespace of the graph')
    live.add_argument('--skeletons-topic', default='', metavar='TOPIC',
                      help='topic of the skeletons (default: skeletons; of a bag, its only one)')
