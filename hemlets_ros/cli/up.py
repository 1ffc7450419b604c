"""Runs a graph of nodes without ros2 launch, one process per node, until it ends or Ctrl-C."""

from __future__ import annotations

import argparse

from hemlets_ros.errors import SettingsError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('graph', metavar='GRAPH', help='webcam, pose, retarget, video or bag: the same as '
                        'ros2 launch hemlets_ros GRAPH.launch.py')
    parser.add_argument('arguments', nargs='*', metavar='NAME:=VALUE', help='arguments of the graph')
    parser.add_argument('-s', '--show-args', action='store_true',
                        help='list the arguments of the graph, and exit')


def main(options: argparse.Namespace) -> int:
    from hemlets_ros.nodes.graphs import find_graph, open_graph

    graph = find_graph(options.graph)
    if options.show_args:
        print(f'{graph.name}: {graph.about}')
        for name, field in graph.arguments.items():
            print(f'  {name}:={field.default!r}\n      {field.metadata["description"]}')
        return 0
    with open_graph(graph.name, dict(map(_split, options.arguments))) as running:
        running.run()
    return 0


def _split(argument: str) -> tuple[str, str]:
    name, separator, value = argument.partition(':=')
    if not separator or not name:
        raise SettingsError(f'expected NAME:=VALUE, got {argument!r}')
    return name, value
