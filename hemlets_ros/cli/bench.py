"""Measures the inference backends that are installed here: milliseconds per crop with the chosen weights."""

from __future__ import annotations

import argparse
import dataclasses
import sys

from hemlets_ros.cli.arguments import add_settings, settings_of
from hemlets_ros.errors import HemletsError, SettingsError
from hemlets_ros.settings import PoseSettings

#: Chosen here, or without influence on the time of one call.
_WITHOUT = ('backend', 'flip')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser, PoseSettings, without=_WITHOUT)
    parser.add_argument('--choose', action='store_true',
                        help='print only the fastest, as the parameter to set: backend:=NAME')


def main(options: argparse.Namespace) -> int:
    from hemlets_ros.inference import Backend, make_backend
    from hemlets_ros.inference.measure import times_ms

    pose = PoseSettings(**settings_of(options, PoseSettings))
    backends: dict[str, Backend] = {}
    for name in backend_names():
        try:
            backends[name] = make_backend(dataclasses.replace(pose, backend=name))
        except HemletsError as error:
            print(f'{name}: skipped: {error}', file=sys.stderr)
    if not backends:
        raise SettingsError('no backend can run these weights with these parameters; see above')
    ms = times_ms(backends)
    table = sys.stderr if options.choose else sys.stdout
    for name in sorted(ms, key=ms.__getitem__):
        print(f'{name:12} {ms[name]:8.2f} ms per crop', file=table)
    if options.choose:
        print(f'backend:={min(ms, key=ms.__getitem__)}')
    return 0


def backend_names() -> tuple[str, ...]:
    """All but auto, which stands for one of the others."""
    from hemlets_ros.inference.choice import BACKENDS

    return BACKENDS
