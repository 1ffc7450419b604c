"""Runs a graph without ros2 launch: one process a node, restarts, an orderly end."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml
from ament_index_python.packages import get_package_prefix

from hemlets_ros.errors import HemletsError
from hemlets_ros.graph import Process, read_graph

_LOGGER = logging.getLogger(__name__)
_GRACE_S = 10.0  # from a request to stop until force
_LOOK_S = 0.2
#: What keeps a graph to this machine and apart from others, unless the environment says otherwise.
PRIVATE = {'ROS_DOMAIN_ID': str(1 + os.getpid() % 100), 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}
#: Waiting longer each time.
_RESTART_WAITS_S = (0.5, 1.0, 2.0, 4.0)


class GraphError(HemletsError):
    """A node ended that should have gone on."""


class RunningGraph:
    """A graph's processes; leaving the context stops them.

    private: in a ROS domain of their own on this machine only, so that they neither hear nor disturb
    other nodes.

    Raises SettingsError for arguments that the graph does not take, GraphError where a command is missing.
    """

    def __init__(self, name: str, arguments: dict[str, Any], private: bool = False) -> None:
        self._graph = read_graph(name)
        self._to_start = self._graph.processes(arguments)
        self._environment = {**(PRIVATE if private else {}), **os.environ}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._restarts: Counter[str] = Counter()

    def __enter__(self) -> RunningGraph:
        self._folder = tempfile.TemporaryDirectory(prefix='hemlets_')
        for process in self._to_start:
            self._start(process)
        return self

    def run(self) -> None:
        """Returns when the process that ends the graph has ended well, or with none when all have.

        Raises GraphError when another ends, or when one that may be restarted has died too often.
        """
        while self._processes:
            for process in self._to_start:
                running = self._processes.get(process.name)
                if running is None or running.poll() is None:
                    continue
                if not process.essential:
                    del self._processes[process.name]
                elif running.returncode == 0 and self._graph.ends_with in ('', process.name):
                    if self._graph.ends_with:
                        return
                    del self._processes[process.name]
                else:
                    self._mend(process, running.returncode)
            time.sleep(_LOOK_S)

    def _mend(self, process: Process, status: int) -> None:
        if self._restarts[process.name] >= self._graph.restarts:
            raise GraphError(f'{process.name} ended with exit status {status}; see its messages above')
        wait_s = _RESTART_WAITS_S[min(self._restarts[process.name], len(_RESTART_WAITS_S) - 1)]
        self._restarts[process.name] += 1
        _LOGGER.warning('%s ended with exit status %d; starting it again in %.1f s', process.name, status,
                        wait_s)
        time.sleep(wait_s)
        self._start(process)

    def _start(self, process: Process) -> None:
        command = list(process.command)
        if not command:
            file = Path(self._folder.name, f'{process.name}.yaml')
            file.write_text(yaml.safe_dump({'/**': {'ros__parameters': process.parameters}}))
            program = Path(get_package_prefix('hemlets_ros'), 'lib', 'hemlets_ros', process.node)
            renamed = [*process.remappings, *([('__ns', f'/{process.namespace.strip("/")}')]
                                              if process.namespace else [])]
            command = [str(program), '--ros-args', '--params-file', str(file),
                       *(word for old, new in renamed for word in ('-r', f'{old}:={new}'))]
        try:
            # A group of their own: Ctrl-C reaches this process, which then stops them in order.
            self._processes[process.name] = subprocess.Popen(
                command, env=self._environment, start_new_session=True)
        except OSError as error:
            self.__exit__(None, None, None)
            raise GraphError(f'{process.name} cannot be started: {error.strerror}: {command[0]}') from error

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        for process in self._processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in self._processes.values():
            wait_or_kill(process)
        self._folder.cleanup()


def wait_or_kill(process: subprocess.Popen[bytes]) -> None:
    """For a process that was asked to stop: nodes now and then live on after a signal."""
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
