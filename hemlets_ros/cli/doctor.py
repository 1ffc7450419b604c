"""Checks this machine and installation, and prints the command that fixes each problem.

Exit status 1 if something must be fixed; missing optional parts are no problem.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hemlets_ros.cli.checks.check import Check


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--json', action='store_true', help='print the report as JSON')


def main(options: argparse.Namespace) -> int:
    # Imported late, so that --help is fast.
    from hemlets_ros.cli.checks import installation, machine, ros
    from hemlets_ros.cli.checks.check import FAULT

    found = [*installation.checks(), *machine.checks(), *ros.checks()]
    faults = sum(check.state == FAULT for check in found)
    if options.json:
        checks = [dataclasses.asdict(check) for check in found]
        print(json.dumps({'faults': faults, 'checks': checks}, indent=2))
    else:
        _print(found, faults)
    return 1 if faults else 0


def _print(found: list[Check], faults: int) -> None:
    width = max(len(check.name) for check in found)
    for check in found:
        print(f'{check.state:9} {check.name:{width}}  {check.found}')
        if check.mend:
            print(f'{"":9} {"":{width}}  -> {check.mend}')
    print('\neverything required is installed' if not faults
          else f'\n{faults} fault{"s" if faults > 1 else ""}: see the command after each ->')
