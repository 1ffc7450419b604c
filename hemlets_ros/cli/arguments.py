"""Command line options made from the settings classes, and settings made from the options."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

from hemlets_ros.settings import Settings


def add_settings(parser: argparse.ArgumentParser, group: type[Settings],
                 without: tuple[str, ...] = ()) -> None:
    """One option a parameter: --score-threshold, --flip / --no-flip, ..."""
    section = parser.add_argument_group((group.__doc__ or '').strip().rstrip('.'))
    for field in dataclasses.fields(group):
        if field.name in without:
            continue
        kind: dict[str, Any] = {'type': type(field.default)}
        if isinstance(field.default, bool):
            kind = {'action': argparse.BooleanOptionalAction}
        elif field.metadata['choices']:
            kind = {'choices': field.metadata['choices']}
        elif isinstance(field.default, str):
            kind = {'metavar': field.name.upper()}
        section.add_argument(f'--{field.name.replace("_", "-")}', default=field.default,
                             help=field.metadata['description'].replace('%', '%%'), **kind)


def settings_of(options: argparse.Namespace, group: type[Settings]) -> dict[str, Any]:
    """The parameters of a group that the options hold."""
    return {field.name: getattr(options, field.name) for field in dataclasses.fields(group)
            if hasattr(options, field.name)}
