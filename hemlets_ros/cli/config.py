"""Prints all parameters of all nodes as a ROS parameter file, with their descriptions."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

import yaml

from hemlets_ros.settings import NODE_SETTINGS

_HEAD = '''# All parameters of all nodes and their defaults, for --params-file, launch files, ros2 param load.
# Written by `hemlets config`; copy it and keep the lines that you change.
# A parameter has one name and meaning in all nodes; for one node only: /**/pose_node: in place of /**:
/**:
  ros__parameters:
'''


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds nothing, as the command has no options."""


def main(options: argparse.Namespace) -> int:
    print(parameter_file(), end='')
    return 0


def parameter_file() -> str:
    """The text of config/hemlets.yaml."""
    lines, nodes_of = [_HEAD], _nodes_of()
    before: tuple[str, ...] = ()
    for field, nodes in nodes_of.values():
        if nodes != before:
            lines.append(f'\n    # {", ".join(nodes)}\n\n')
            before = nodes
        limits = field.metadata
        note = f'; {limits["minimum"]} to {limits["maximum"]}' if limits['minimum'] is not None else ''
        note += f'; one of {", ".join(limits["choices"])}' if limits['choices'] else ''
        note += '; may change while running' if limits['live'] else ''
        line = yaml.safe_dump({field.name: field.default})
        lines.append(f'    # {limits["description"]}{note}\n    {line}')
    return ''.join(lines)


def _nodes_of() -> dict[str, tuple[dataclasses.Field[Any], tuple[str, ...]]]:
    """Parameter -> its field and its nodes, grouped by nodes."""
    found: dict[str, tuple[dataclasses.Field[Any], tuple[str, ...]]] = {}
    for node, groups in NODE_SETTINGS.items():
        for field in (field for group in groups for field in dataclasses.fields(group)):
            _, nodes = found.get(field.name, (field, ()))
            found[field.name] = field, (*nodes, node)
    order = list(dict.fromkeys(nodes for _, nodes in found.values()))
    return dict(sorted(found.items(), key=lambda item: order.index(item[1][1])))
