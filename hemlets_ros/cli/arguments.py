"""Command line options made from the settings classes, and settings made from the options."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

from hemlets_ros.settings import Settings


def add_settings(parser: argparse.ArgumentParser, group: type[Settings],
                 without: tuple[str, ...] = (), only_given: bool = False) -> None:
    """One option a parameter: --score-threshold or --score_threshold, --flip / --no-flip, ...

    only_given: options hold only what the user gave, not the defaults.
    """
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
        text = field.metadata['description'].replace('%', '%%')
        flags = dict.fromkeys((f'--{field.name.replace("_", "-")}', f'--{field.name}'))
        section.add_argument(
            *flags, default=argparse.SUPPRESS if only_given else field.default,
            help=f'{text} (default: {field.default})' if only_given else text, **kind)


def settings_of(options: argparse.Namespace, group: type[Settings]) -> dict[str, Any]:
    """The parameters of a group that the options hold."""
    return {field.name: getattr(options, field.name) for field in dataclasses.fields(group)
            if hasattr(options, field.name)}
