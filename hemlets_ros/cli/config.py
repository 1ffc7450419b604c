"""Prints all parameters of all nodes as a ROS parameter file, with what they mean."""

from __future__ import annotations

import argparse
import dataclasses

import yaml

from hemlets_ros.settings import NODE_SETTINGS

_HEAD = '''# All parameters of all nodes and their defaults, for --params-file or a launch file.
# Written by `hemlets config`; copy it and keep the lines that you change.
'''


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """This command has none."""


def main(options: argparse.Namespace) -> int:
    print(parameter_file(), end='')
    return 0


def parameter_file() -> str:
    """The text of config/hemlets.yaml."""
    lines = [_HEAD]
    for node, groups in NODE_SETTINGS.items():
        lines.append(f'/**/{node}:\n  ros__parameters:\n')
        for field in (field for group in groups for field in dataclasses.fields(group)):
            limits = field.metadata
            note = f'; {limits["minimum"]} to {limits["maximum"]}' \
                if limits['minimum'] is not None else ''
            note += f'; one of {", ".join(limits["choices"])}' if limits['choices'] else ''
            note += '; may change while running' if limits['live'] else ''
            line = yaml.safe_dump({field.name: field.default})
            lines.append(f'    # {limits["description"]}{note}\n    {line}')
    return ''.join(lines)
