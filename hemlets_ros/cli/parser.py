"""The argument parser of all commands: spelling of options, help format, one-line errors."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any, NoReturn


class HelpFormatter(argparse.ArgumentDefaultsHelpFormatter):
    """Shows defaults, except empty ones, those of flags, and those already in the help text."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if (action.default in (None, '', ('', '')) or isinstance(action, argparse._StoreTrueAction)
                or '(default: ' in (action.help or '')):
            return action.help
        return super()._get_help_string(action)


class Parser(argparse.ArgumentParser):
    """Accepts options --with-dashes and, as in version 0.1 and the course project, --with_underscores.

    A wrong option gives an error of one line, without the usage of all options. Options may be before, after
    and between several files, which argparse itself rejects.
    """

    _mixed = False  # whether parse_known_intermixed_args is running, which calls parse_known_args

    def __init__(self, **properties: Any) -> None:
        super().__init__(**{'formatter_class': HelpFormatter, **properties})

    def parse_known_args(self, args: Iterable[str] | None = None,
                         namespace: Any = None) -> tuple[Any, list[str]]:
        if args is None:
            return super().parse_known_args(args, namespace)
        spelt = _with_dashes(args)
        result = super().parse_known_args(spelt, namespace)
        words_left = any(not each.startswith('-') for each in result[1])
        # Not parse_known_intermixed_args at once, because it parses options even after a lone --.
        if self._mixed or not words_left or '--' in spelt or self._subparsers is not None:
            return result
        self._mixed = True
        try:
            return self.parse_known_intermixed_args(spelt)
        finally:
            self._mixed = False

    def error(self, message: str) -> NoReturn:
        self.exit(2, f'{self.prog}: {message}; see {self.prog} --help\n')


def _with_dashes(arguments: Iterable[str]) -> list[str]:
    """Replaces underscores: --input_px=96 -> --input-px=96; not in values, nor after a lone --."""
    spelt, options = [], True
    for each in arguments:
        options = options and each != '--'
        if options and each.startswith('--'):
            name, equals, value = each.partition('=')
            each = f'{name.replace("_", "-")}{equals}{value}'
        spelt.append(each)
    return spelt
