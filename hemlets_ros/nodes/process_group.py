"""Starts, restarts and stops processes of nodes without ros2 launch."""

from __future__ import annotations

import ctypes
import functools
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml
from ament_index_python.packages import PackageNotFoundError, get_package_prefix

from hemlets_ros.errors import HemletsError

_LOGGER = logging.getLogger(__name__)
_GRACE_S = 10.0  # time between SIGINT and SIGKILL
_POLL_S = 0.2
_STOPS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
_PR_SET_PDEATHSIG = 1  # from <linux/prctl.h>
#: Isolates a graph on this machine from other graphs, unless the environment sets these variables.
PRIVATE = {'ROS_DOMAIN_ID': str(1 + os.getpid() % 100), 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}


class GraphError(HemletsError):
    """A node ended unexpectedly or could not be started."""


@dataclass(frozen=True)
class NodeProcess:
    """One process to start."""

    name: str  # unique in its group
    executable: str  # in the package's lib folder or on the PATH
    package: str = 'hemlets_ros'
    namespace: str = ''
    parameters: dict[str, Any] = field(default_factory=dict)
    remappings: tuple[tuple[str, str], ...] = ()
    params_file: str = ''  # overrides `parameters`
    fixed: dict[str, bool] = field(default_factory=dict)  # parameters that override `params_file`
    arguments: tuple[str, ...] = ()

    @property
    def essential(self) -> bool:
        """Whether the graph needs this process. RViz, for example, may be closed."""
        return self.package == 'hemlets_ros'

    def command(self, folder: Path) -> list[str]:
        """The command line. Writes a file with the parameters into the folder."""
        command = [self._program(), *self.arguments]
        options = []
        if self.parameters:
            file = folder / f'{self.name}.yaml'
            file.write_text(yaml.safe_dump({'/**': {'ros__parameters': self.parameters}}))
            options += ['--params-file', str(file)]
        if self.params_file:
            options += ['--params-file', self.params_file]
        for name, value in self.fixed.items():
            options += ['-p', f'{name}:={str(value).lower()}']
        if self.namespace:
            options += ['-r', f'__ns:=/{self.namespace.strip("/")}']
        for name, target in self.remappings:
            options += ['-r', f'{name}:={target}']
        return [*command, '--ros-args', *options] if options else command

    def _program(self) -> str:
        try:
            program = Path(get_package_prefix(self.package), 'lib', self.package, self.executable)
        except PackageNotFoundError:
            return shutil.which(self.executable) or self.executable
        return str(program)


class ProcessGroup:
    """Processes that start when the context is entered, and stop when it is left.

    Args:
        restarts: maximum number of restarts of each process; 0: the end of a process is an error.
        ends_with: the process whose exit with status 0 ends `run`; empty: none.
        private: use a separate ROS domain, limited to this machine.
        restart_waits_s: delays before the first restart, the second, and so on; the last one is repeated.

    Raises GraphError if a program is missing.
    """

    def __init__(self, processes: list[NodeProcess], *, restarts: int = 0, ends_with: str = '',
                 private: bool = False, restart_waits_s: tuple[float, ...] = (0.5, 1.0, 2.0)) -> None:
        self._to_start, self._max_restarts, self._ends_with = processes, restarts, ends_with
        self._restart_waits_s = restart_waits_s
        self._environment = {**(PRIVATE if private else {}), **os.environ}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}  # without those that exited with 0
        self.restarts: Counter[str] = Counter()

    def __enter__(self) -> ProcessGroup:
        self._folder = tempfile.TemporaryDirectory(prefix='hemlets_')
        try:
            for process in self._to_start:
                self._start(process)
        except BaseException:  # including Ctrl-C
            self.__exit__(None, None, None)
            raise
        return self

    def run(self) -> None:
        """Waits until the process `ends_with` (or all processes, without it) has exited with status 0.

        Raises GraphError if another process ends and has no restart left.
        """
        while self.processes:
            for process in self._to_start:
                running = self.processes.get(process.name)
                if running is None or running.poll() is None:
                    continue
                if not process.essential:
                    del self.processes[process.name]
                elif running.returncode == 0 and self._ends_with in ('', process.name):
                    if self._ends_with:
                        return
                    del self.processes[process.name]
                else:
                    self._restart(process, running.returncode)
            time.sleep(_POLL_S)

    def _restart(self, process: NodeProcess, status: int) -> None:
        count = self.restarts[process.name]
        if count >= self._max_restarts:
            raise GraphError(f'{process.name} ended with exit status {status}; see its messages above')
        wait_s = self._restart_waits_s[min(count, len(self._restart_waits_s) - 1)]
        self.restarts[process.name] += 1
        _LOGGER.warning('%s ended with exit status %d; restarting it in %.1f s', process.name, status, wait_s)
        time.sleep(wait_s)
        self._start(process)

    def _start(self, process: NodeProcess) -> None:
        command = process.command(Path(self._folder.name))
        # Signals are blocked here, and in the new process while it is still a copy of this one.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
        try:
            # In a new session, so that Ctrl-C reaches only this process, which then stops the nodes.
            self.processes[process.name] = subprocess.Popen(
                command, env=self._environment, start_new_session=True,
                preexec_fn=functools.partial(_prepare, os.getpid(), process.essential))
        except OSError as error:
            raise GraphError(f'{process.name} cannot be started: {error.strerror}: {command[0]}') from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        end_s = time.monotonic() + _GRACE_S  # common limit of all processes
        for process in self.processes.values():
            wait_or_kill(process, end_s - time.monotonic())
        self._folder.cleanup()


def _prepare(parent: int, is_node: bool) -> None:
    """Makes this process get SIGINT when its parent ends for any reason (Linux's prctl).

    In our nodes, SIGINT is blocked until they handle it, because a SIGINT during the start of Python would
    print a traceback. SIGINT is never ignored, although a script's background jobs ignore it: processes in
    sessions of their own get it only from this package.
    """
    for each in _STOPS:
        if each == signal.SIGINT or callable(signal.getsignal(each)):  # SIGHUP stays ignored under nohup
            signal.signal(each, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, {signal.SIGINT} if is_node else ())
    if sys.platform == 'linux':
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:  # the parent ended before prctl
            os._exit(1)


def wait_or_kill(process: subprocess.Popen[bytes], patience_s: float = _GRACE_S) -> None:
    """Waits for a process that was asked to stop; kills it after patience_s."""
    try:
        process.wait(max(patience_s, 0.0))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
