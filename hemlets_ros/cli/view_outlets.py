"""Outputs of `hemlets view`: a file, a local web page, or a window."""

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

_HERE = '127.0.0.1'  # the web page is visible on this machine only


def check_outlet(options: argparse.Namespace) -> None:
    """Raises SettingsError for an unavailable output, before any work starts."""
    if options.save and options.web:
        raise SettingsError('give --web or --save, not both')
    if not 1 <= options.port < 65535:
        raise SettingsError(f'--port must be between 1 and 65534, not {options.port}')
    if not options.save and not options.web and not _has_display():
        raise SettingsError('there is no display here: use --web, or --save FILE.rrd and open that elsewhere')


class Showing:
    """Waits while a web page is shown."""

    def __init__(self, server: subprocess.Popen[bytes] | None = None) -> None:
        self._server = server

    def __call__(self) -> None:
        if self._server is not None:
            print('press Ctrl-C to stop')
            self._server.wait()


@contextmanager
def shown(recording: rr.RecordingStream, options: argparse.Namespace) -> Iterator[Showing]:
    """Sends a recording to the output of the options. Raises SettingsError if that is not possible."""
    if options.save:
        try:
            recording.save(options.save)
        except (OSError, RuntimeError) as error:
            raise SettingsError(f'cannot write {options.save}: {error}') from error
        yield Showing()
    elif options.web:
        for port in (options.port, options.port + 1):
            _check_free(port)
        # Uses the viewer's program, because its Python functions listen on all network interfaces. It starts
        # another process, so the whole process group is ended.
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
            recording.disconnect()  # before the server ends, which avoids its error messages
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
