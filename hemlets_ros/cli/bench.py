"""Measures the installed inference backends, or the whole pipeline beside other packages.

Backends: milliseconds per crop with the chosen weights. With --source, --mediapipe or --rtmlib: the whole
pipeline from decoding to skeletons, one image after the other. Alternately this package with `detect` always
and auto, MediaPipe's full model with its own detector and tracker (one person), rtmlib's body tracker (2D).
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hemlets_ros.cli.arguments import add_settings, settings_of
from hemlets_ros.errors import HemletsError, SettingsError
from hemlets_ros.settings import DetectorSettings, PoseSettings

if TYPE_CHECKING:
    from hemlets_ros.cli.peers.whole_line import Line

#: Set here, or without influence on the time of a call.
_WITHOUT = ('backend', 'flip')
_PEERS = ('mediapipe', 'rtmlib')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser, PoseSettings, without=_WITHOUT)
    for peer in _PEERS:
        parser.add_argument(f'--{peer}', default='', metavar='PYTHON',
                            help=f'compare the whole pipeline with {peer}, installed for this Python')
    parser.add_argument(
        '--source', default='', metavar='VIDEO',
        help='measure the whole pipeline on this video (default: one person of the bundled clip)')
    parser.add_argument(
        '--image-count', type=int, default=200, metavar='N',
        help='approximate number of images for each package')
    add_settings(parser, DetectorSettings, without=('detect',), only_given=True)
    parser.add_argument('--choose', action='store_true',
                        help='print only the fastest, as the parameter to set: backend:=NAME')


def main(options: argparse.Namespace) -> int:
    finding = settings_of(options, DetectorSettings)
    if options.source or any(getattr(options, peer) for peer in _PEERS):
        if options.choose:
            raise SettingsError('--choose chooses a backend: not with --source, --mediapipe or --rtmlib')
        if options.image_count < 1:
            raise SettingsError(f'--image-count must be at least 1, not {options.image_count}')
        return _whole_line(options, settings_of(options, PoseSettings) | finding)
    if finding:
        raise SettingsError(f'{", ".join(finding)}: the detector is used with --source, --mediapipe or '
                            '--rtmlib only')
    return _backends(options)


def _whole_line(options: argparse.Namespace, settings: dict[str, Any]) -> int:
    from hemlets_ros.cli.peers.one_person_clip import write_one_person_clip
    from hemlets_ros.cli.peers.whole_line import measure, own_line, table, turns_of
    from hemlets_ros.system.device import available_cores

    with ExitStack() as stack:
        video = options.source
        if not video:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            video = str(Path(folder) / 'one_person.mp4')
            write_one_person_clip(Path(video))
        lines = [own_line(f'hemlets, detect {detect}', video, settings | {'detect': detect})
                 for detect in ('always', 'auto')]
        peers: list[Line] = []
        for name in _PEERS:
            if python := getattr(options, name):
                try:
                    peers += _peer_lines(name, python, video, stack)
                except SettingsError as error:  # continues with the other backends
                    print(f'{name}: skipped: {error}', file=sys.stderr)
        measure(lines + peers, turns_of(options.image_count))
    print(f'{Path(video).name}, {turns_of(options.image_count)} turns of 10 images, '
          f'{available_cores()} cores')
    print(table(lines + peers, peers))
    return 0


def _peer_lines(name: str, python: str, video: str, stack: ExitStack) -> list[Line]:
    """Lines of another package: with its default threads and, if that can be set, with as many as ours."""
    from hemlets_ros.cli.peers import peer_worker
    from hemlets_ros.cli.peers.peer_process import PeerProcess
    from hemlets_ros.cli.peers.whole_line import Line, Turn
    from hemlets_ros.system.device import available_cores

    lines = []
    for threads in (0, available_cores()) if name == 'mediapipe' else (0,):
        process = stack.enter_context(
            PeerProcess(python, Path(peer_worker.__file__), name, video, str(threads)))

        def take(images: int, process: PeerProcess = process) -> Turn:
            answer = process.ask({'images': images})
            return Turn(answer['seconds'], answer['busy_seconds'], answer['people'])

        lines.append(Line(process.answer()['name'] + (f', {threads} threads' if threads else ''), take))
    return lines


def _backends(options: argparse.Namespace) -> int:
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
    """All backends except auto, which selects one of the others."""
    from hemlets_ros.inference.choice import BACKENDS

    return BACKENDS
