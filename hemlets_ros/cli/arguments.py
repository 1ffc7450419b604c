"""Makes command line options from the settings classes, and settings from the options."""

from __future__ import annotations

import argparse
import dataclasses
import logging
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hemlets_ros.settings import Settings
from hemlets_ros.system.source_path import source_path

_LOGGER = logging.getLogger(__name__)


def add_settings(parser: argparse.ArgumentParser, group: type[Settings],
                 without: tuple[str, ...] = (), only_given: bool = False) -> None:
    """Adds one option per parameter: --score-threshold, --flip or --no-flip, ...

    A former name of a parameter is accepted with a warning in the log.

    Args:
        without: names of parameters without an option.
        only_given: the parsed options contain only values given by the user, without defaults.
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
        default = '' if field.default == '' else f' (default: {field.default})'
        option = section.add_argument(
            _flag(field.name), default=argparse.SUPPRESS if only_given else field.default,
            help=text + default if only_given else text, **kind)
        if former := field.metadata['formerly']:
            _add_former_name(section, option, former)


def settings_of(options: argparse.Namespace, group: type[Settings]) -> dict[str, Any]:
    """Parameter -> value, for the parameters of a group that are in the options."""
    return {field.name: getattr(options, field.name) for field in dataclasses.fields(group)
            if hasattr(options, field.name)}


#: Options with names of input files.
FILES = ('calibration', 'weights', 'detector_model', 'darknet_config', 'darknet_weights', 'darknet_classes')


def input_files(options: argparse.Namespace, *sources: str) -> list[Path]:
    """The input files of a command: its sources, except cameras, and those of its options."""
    named = (getattr(options, name, '') for name in FILES)
    return [*filter(None, map(source_path, sources)), *(Path(name) for name in named if name)]


def output_name(text: str) -> str:
    """Type for argparse: the name of a required output."""
    if not text:
        raise argparse.ArgumentTypeError('is empty: name the file to write')
    return text


def finite(text: str) -> float:
    """Type for argparse: a number, but not nan or inf, which range checks may accept."""
    value = float(text)
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f'must be a finite number, not {text}')
    return value


def _flag(name: str) -> str:
    return f'--{name.replace("_", "-")}'


def _add_former_name(section: argparse._ArgumentGroup, option: argparse.Action, former: str) -> None:
    flags = [_flag(former)]
    if isinstance(option, argparse.BooleanOptionalAction):
        flags += [flag.replace('--', '--no-', 1) for flag in flags]
    section.add_argument(*flags, action=_FormerName, option=option, dest=option.dest, nargs=option.nargs,
                         type=option.type or str, choices=option.choices)


class _FormerName(argparse.Action):
    """A former name of an option: warns, and acts as the option."""

    def __init__(self, option_strings: Sequence[str], dest: str, option: argparse.Action,
                 **properties: Any) -> None:
        super().__init__(option_strings, dest, default=argparse.SUPPRESS, help=argparse.SUPPRESS,
                         **properties)
        self._option = option

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any,
                 option_string: str | None = None) -> None:
        no = '--no-' if (option_string or '').startswith('--no-') and self.nargs == 0 else '--'
        today = self._option.option_strings[0].replace('--', no, 1)
        _LOGGER.warning('option %s is now called %s; the old name will be removed in version 0.3',
                        option_string, today)
        self._option(parser, namespace, values, today)
