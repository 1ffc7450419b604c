"""Prints a script for shell completion of this command: eval "$(hemlets completion bash)"."""

from __future__ import annotations

import argparse

from hemlets_ros.errors import SettingsError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('shell', nargs='?', default='bash', choices=('bash', 'zsh', 'fish', 'tcsh'),
                        metavar='SHELL', help='bash, zsh, fish or tcsh')


def main(options: argparse.Namespace) -> int:
    try:
        from argcomplete.shell_integration import shellcode
    except ImportError as error:
        raise SettingsError('completion needs the Python package argcomplete: '
                            'python -m pip install argcomplete') from error
    print(shellcode(['hemlets'], shell=options.shell))
    return 0
