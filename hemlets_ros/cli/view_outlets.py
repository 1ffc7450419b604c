"""Outputs of hemlets view: a file, a local web page, or a window."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from hemlets_ros.errors import SettingsError

if TYPE_CHECKING:
    import rerun as rr

_HERE = '127.0.0.1'  # nobody else sees the web page


def check_outlet(options: argparse.Namespace) -> None:
    """Raises SettingsError for what cannot be shown, before any work."""
    if options.save and options.web:
        raise SettingsError('give --web or --save, not both')
    if not 1 <= options.port < 65535:
        raise SettingsError(f'--port must be between 1 and 65534, not {options.port}')
    if not options.save and not options.web and not _has_display():
        raise SettingsError('there is no display here: use --web, or --save FILE.rrd and open that elsewhere')


class Showing:
    """Waits while a page is shown."""

    def __init__(self, server: subprocess.Popen[bytes] | None = None) -> None:
        self._server = server

    def __call__(self) -> None:
        if self._server is not None:
            print('press Ctrl-C to stop')
            self._server.wait()


@contextmanager
def shown(recording: rr.RecordingStream, options: argparse.Namespace) -> Iterator[Showing]:
    """Sends a recording where the options say. Raises SettingsError where that cannot be."""
    if options.save:
        try:
            recording.save(options.save)
        except (OSError, RuntimeError) as error:
            raise SettingsError(f'cannot write {options.save}: {error}') from error
        yield Showing()
    elif options.web:
        for port in (options.port, options.port + 1):
            _check_free(port)
        # The viewer's own program, as its Python functions listen to the whole network. It starts another, so
        # all of its group are ended.
        server = subprocess.Popen([
            sys.executable, '-m', 'rerun', '--serve-web', '--bind', _HERE, '--port', str(options.port + 1),
            '--web-viewer-port', str(options.port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        try:
            data = f'rerun+http://{_HERE}:{options.port + 1}/proxy'
            recording.connect_grpc(data)
            print(f'http://{_HERE}:{options.port}/?url={data.replace("+", "%2B")}', flush=True)
            yield Showing(server)
        finally:
            recording.disconnect()  # before the server ends, or it complains
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGTERM)
            server.wait()
    else:
        recording.spawn()
        yield Showing()


def _check_free(port: int) -> None:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((_HERE, port))
        except OSError as error:
            raise SettingsError(f'port {port} cannot be used ({error.strerror}): give another with --port'
                                ) from error


def _has_display() -> bool:
    return sys.platform != 'linux' or bool(os.environ.get('DISPLAY') or os.environ.get('WAYLAND_DISPLAY'))
