"""The parser of all commands: one spelling of options, and errors of one line."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any, NoReturn


class Parser(argparse.ArgumentParser):
    """Options are spelt --with-dashes; with underscores, as in version 0.1 and in the course project, too.

    A wrong option is answered with one line, not with the usage of all of them.
    """

    def __init__(self, **properties: Any) -> None:
        super().__init__(**{'formatter_class': argparse.ArgumentDefaultsHelpFormatter, **properties})

    def parse_known_args(self, args: Iterable[str] | None = None,
                         namespace: Any = None) -> tuple[Any, list[str]]:
        return super().parse_known_args(None if args is None else _with_dashes(args), namespace)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f'{self.prog}: {message}; see {self.prog} --help\n')


def _with_dashes(arguments: Iterable[str]) -> list[str]:
    """--input_px=96 -> --input-px=96; values, and what follows a lone --, stay."""
    spelt, options = [], True
    for each in arguments:
        options = options and each != '--'
        if options and each.startswith('--'):
            name, equals, value = each.partition('=')
            each = f'{name.replace("_", "-")}{equals}{value}'
        spelt.append(each)
    return spelt
