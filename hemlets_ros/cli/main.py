"""The command `hemlets`: one file a subcommand, imported when it is called."""

from __future__ import annotations

import argparse
import logging
import sys

from hemlets_ros.cli import (
    bag_from_video,
    bench,
    config,
    demo,
    evaluate,
    export,
    prepare,
    record,
    run,
    synth,
    train,
    up,
    weights,
)
from hemlets_ros.errors import HemletsError
from hemlets_ros.versions import version

_COMMANDS = {'run': run, 'record': record, 'bag-from-video': bag_from_video, 'up': up, 'demo': demo,
             'config': config,
             'prepare': prepare, 'synth': synth, 'train': train, 'evaluate': evaluate,
             'weights': weights, 'export': export, 'bench': bench}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog='hemlets', description='3D human skeletons from images.')
    parser.add_argument('--version', action='version', version=version())
    commands = parser.add_subparsers(dest='command', required=True, metavar='COMMAND')
    for name, module in _COMMANDS.items():
        summary = (module.__doc__ or '').strip()
        command = commands.add_parser(
            name, help=summary.partition('\n')[0], description=summary,
            formatter_class=argparse.ArgumentDefaultsHelpFormatter)
        module.add_arguments(command)
    options = parser.parse_args(arguments)
    logging.basicConfig(format='hemlets: %(message)s', level=logging.WARNING)
    try:
        return _COMMANDS[options.command].main(options)
    except HemletsError as error:
        print(f'hemlets: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('hemlets: stopped; what was done so far is saved', file=sys.stderr)
        return 130


if __name__ == '__main__':
    sys.exit(main())
