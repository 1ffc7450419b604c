"""The command `hemlets`: one module per subcommand, imported when it is called."""

from __future__ import annotations

import argparse
import logging
import os
import select
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from typing import Protocol, cast

from hemlets_ros.cli.interrupts import stopped_as_by_ctrl_c
from hemlets_ros.cli.parser import Parser
from hemlets_ros.errors import HemletsError
from hemlets_ros.system.error_text import NO_MEMORY, is_of_memory
from hemlets_ros.system.extras import what_is_missing
from hemlets_ros.system.one_line import one_line
from hemlets_ros.system.standard_streams import (
    fault_of_stdout,
    forget_stdout,
    let_any_text_be_printed,
    open_missing_streams,
)
from hemlets_ros.system.versions import version

#: Subcommand -> its module, which has `add_arguments` and `main`, and whose docstring is the help.
COMMANDS = {
    'run': 'hemlets_ros.cli.run',
    'record': 'hemlets_ros.cli.record',
    'view': 'hemlets_ros.cli.view',
    'plot': 'hemlets_ros.cli.plot',
    'compare': 'hemlets_ros.cli.compare',
    'export-motion': 'hemlets_ros.cli.export_motion',
    'retarget': 'hemlets_ros.cli.retarget_motion',
    'bag-from-video': 'hemlets_ros.cli.bag_from_video',
    'recover': 'hemlets_ros.cli.recover',
    'up': 'hemlets_ros.cli.up',
    'demo': 'hemlets_ros.cli.demo',
    'calibrate': 'hemlets_ros.cli.calibrate',
    'doctor': 'hemlets_ros.cli.doctor',
    'config': 'hemlets_ros.cli.config',
    'completion': 'hemlets_ros.cli.completion',
    'prepare': 'hemlets_ros.lab.commands.prepare',
    'synth': 'hemlets_ros.lab.commands.synth',
    'train': 'hemlets_ros.lab.commands.train',
    'evaluate': 'hemlets_ros.lab.commands.evaluate',
    'weights': 'hemlets_ros.cli.weights',
    'export': 'hemlets_ros.lab.commands.export',
    'bench': 'hemlets_ros.cli.bench',
    'cache': 'hemlets_ros.cli.cached_files',
}

#: Subcommand -> the extra with its dependencies, if the basic installation lacks them.
_EXTRAS = {'prepare': 'train', 'synth': 'synth', 'train': 'train', 'evaluate': 'train', 'weights': 'gpu',
           'export': 'gpu', 'retarget': 'retarget'}


class Command(Protocol):
    """The interface of a subcommand's module."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def main(self, options: argparse.Namespace) -> int: ...


#: Exit status for a closed output pipe, as of a shell: 128 + SIGPIPE.
_NOBODY_READS = 141


def main(arguments: list[str] | None = None) -> int:
    """Runs a subcommand; returns the exit status.

    0: success; 1: an error (printed in one line); 130: Ctrl-C; 141: a closed pipe (`| head`). Wrong options
    raise SystemExit with status 2, --help and --version with 0.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    completing = '_ARGCOMPLETE' in os.environ  # argcomplete asks for completions
    if completing:
        arguments = os.environ.get('COMP_LINE', '').split()[1:]
    open_missing_streams()
    let_any_text_be_printed()
    logging.basicConfig(format='hemlets: %(message)s', level=logging.WARNING)
    # All modules are needed only for the help of `hemlets` itself and for the error of an unknown name.
    commands = load_commands(arguments[:1] if arguments and arguments[0] in COMMANDS else list(COMMANDS))
    parser = make_parser(commands)
    if completing:
        import argcomplete

        argcomplete.autocomplete(parser)  # prints, and ends the process
    if not arguments:
        parser.print_help()
        return 0
    options = parser.parse_args(arguments)
    try:
        with stopped_as_by_ctrl_c():
            with _messages_above_bars(), _own_messages():
                status = commands[options.command].main(options)
            sys.stdout.flush()
            return status
    except HemletsError as error:
        print(f'hemlets: {one_line(str(error))}', file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        message = what_is_missing(error, f'hemlets {options.command}', _EXTRAS.get(options.command, ''))
        if message is None:
            raise
        print(f'hemlets: {message}', file=sys.stderr)
        return 1
    except ImportError as error:
        if 'shared object' not in str(error):  # else a library lacks another one, or memory
            raise
        print(f'hemlets: a library cannot be loaded: {one_line(str(error).strip())}', file=sys.stderr)
        return 1
    except BrokenPipeError:
        if not _nobody_reads_stdout():
            raise
        forget_stdout()
        return _NOBODY_READS
    except Exception as error:
        if isinstance(error, OSError) and (reason := fault_of_stdout()):
            forget_stdout()
            print(f'hemlets: cannot write to standard output: {reason}', file=sys.stderr)
            return 1
        if not is_of_memory(error):
            raise
        print(f'hemlets: {NO_MEMORY}', file=sys.stderr)
        return 1
    except KeyboardInterrupt as interrupt:
        said = str(interrupt) or 'interrupted; the results so far are saved'
        print(f'hemlets: {said}', file=sys.stderr)
        return 130


def load_commands(names: list[str]) -> dict[str, Command]:
    """The modules of commands, by name."""
    return {name: cast('Command', import_module(COMMANDS[name])) for name in names}


def make_parser(commands: dict[str, Command]) -> Parser:
    """The parser of `hemlets` with these commands."""
    parser = Parser(prog='hemlets', description='3D human skeletons from images.')
    parser.add_argument('--version', action='version', version=version())
    subparsers = parser.add_subparsers(dest='command', required=True, metavar='COMMAND')
    for name, module in commands.items():
        summary = (module.__doc__ or '').strip()
        module.add_arguments(subparsers.add_parser(
            name, help=summary.partition('\n')[0], description=summary))
    return parser


def _messages_above_bars() -> AbstractContextManager[None]:
    """Prints log messages above the bar of `progress` instead of within it. Bars exist only in terminals."""
    if sys.stderr is None or not sys.stderr.isatty():
        return nullcontext()
    from tqdm.contrib.logging import logging_redirect_tqdm  # late, because it imports asyncio

    return logging_redirect_tqdm()


@contextmanager
def _own_messages() -> Iterator[None]:
    """Also shows this package's messages of level INFO, e.g. that a network is being prepared."""
    logger = logging.getLogger('hemlets_ros')
    before = logger.level
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(before)


def _nobody_reads_stdout() -> bool:
    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
        return bool(poll.poll(0))
    except (OSError, ValueError):  # not a file
        return False


if __name__ == '__main__':
    sys.exit(main())
