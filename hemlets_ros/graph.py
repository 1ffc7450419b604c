"""Graphs of nodes, one process each: which nodes they have, and running them without ros2 launch."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml
from ament_index_python.packages import get_package_prefix

from hemlets_ros.errors import HemletsError

#: Graph -> its nodes, those first that must listen before others speak.
GRAPHS = {'video': ('recorder_node', 'pose_node', 'detector_node', 'camera_node')}
_GRACE_S = 10.0  # from a request to stop until force
_LOOK_S = 0.2


class GraphError(HemletsError):
    """A node ended that should have gone on."""


class RunningGraph:
    """The nodes of a graph as processes of their own; leaving the context stops them.

    Unless the environment says otherwise, they get a ROS domain of their own on this machine only, so
    that they neither hear nor disturb other nodes.
    """

    def __init__(self, graph: str, parameters: dict[str, dict[str, Any]]) -> None:
        self._nodes, self._parameters = GRAPHS[graph], parameters
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> RunningGraph:
        self._folder = tempfile.TemporaryDirectory(prefix='hemlets_')
        environment = {'ROS_DOMAIN_ID': str(1 + os.getpid() % 100),
                       'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST', **os.environ}
        programs = Path(get_package_prefix('hemlets_ros'), 'lib', 'hemlets_ros')
        for node in self._nodes:
            file = Path(self._folder.name, f'{node}.yaml')
            file.write_text(yaml.safe_dump(
                {'/**': {'ros__parameters': self._parameters.get(node, {})}}))
            # A group of their own: Ctrl-C reaches this process, which then stops them in order.
            self._processes[node] = subprocess.Popen(
                [programs / node, '--ros-args', '--params-file', str(file)],
                env=environment, start_new_session=True)
        return self

    def wait_for(self, node: str) -> None:
        """Returns when `node` has ended well. Raises GraphError when any node ends otherwise."""
        while True:
            try:
                self._processes[node].wait(_LOOK_S)
            except subprocess.TimeoutExpired:
                ended = [name for name, process in self._processes.items()
                         if name != node and process.poll() is not None]
            else:
                ended = [node] if self._processes[node].returncode else []
                if not ended:
                    return
            if ended:
                raise GraphError(f'{ended[0]} ended with exit status '
                                 f'{self._processes[ended[0]].returncode}; see its messages above')

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        for process in self._processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in self._processes.values():
            try:
                process.wait(_GRACE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._folder.cleanup()
