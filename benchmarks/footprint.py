"""Size of an installation, memory of its processes, and time of imports.

    python benchmarks/footprint.py [--sizes] [--json FILE]

Memory is resident (RSS, and PSS, which divides shared pages among their processes), in a graph that processes
the first images of the bundled clip. Import times are the median processor time of several new processes.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import cv2
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hemlets_ros.nodes.graphs import open_graph
from hemlets_ros.sources.bundled_clip import CLIP

_MODULES = ('numpy', 'cv2', 'onnxruntime', 'rclpy', 'hemlets_ros', 'hemlets_ros.pipeline',
            'hemlets_ros.nodes.detector_node', 'hemlets_ros.nodes.pose_node', 'hemlets_ros.nodes.one_process',
            'torch')
_IMAGES, _REPEATS = 20, 3
_EXTRAS = {'ros-rclpy': ('fastrtps',)}  # extras that the requirements name
_ARGUMENTS = {'separate': {'one_process': False}, 'one process': {'one_process': True}}


def main() -> int:
    options = _options()
    if options.sizes:
        print(json.dumps(installed_mb(), indent=2))
        return 0
    report = {'cores': os.cpu_count(), 'load': round(os.getloadavg()[0], 1), 'installed_mb': installed_mb(),
              'import_cpu_s': {name: cost for name in _MODULES if (cost := import_cpu_s(name)) is not None},
              'memory_mib': {name: graph_memory_mib(arguments) for name, arguments in _ARGUMENTS.items()}}
    print(json.dumps(report, indent=2))
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + '\n')
    return 0


def installed_mb() -> dict[str, float]:
    """Disk usage in MB of a basic installation, even if the environment contains more.

    `all`, then each distribution in descending order; those of ROS are added up.
    """
    sizes = {name: _files_mb(name) for name in _needed('hemlets-ros', set())}
    ros = sum(size for name, size in sizes.items() if name.startswith('ros-'))
    others = {name: size for name, size in sizes.items() if not name.startswith('ros-')}
    ordered = sorted({'ros-*': ros, **others}.items(), key=lambda each: -each[1])
    return {'all': round(sum(sizes.values()), 1), **{name: round(size, 1) for name, size in ordered}}


def _needed(name: str, known: set[str]) -> set[str]:
    """The distribution and its requirements without extras; adds them to `known`."""
    known.add(name)
    for line in importlib.metadata.requires(name) or []:
        requirement = Requirement(line)
        needed = canonicalize_name(requirement.name)
        extras = ('', *_EXTRAS.get(name, ()))
        wanted = requirement.marker is None or any(requirement.marker.evaluate({'extra': each})
                                                   for each in extras)
        if wanted and needed not in known:
            _needed(needed, known)
    return known


def _files_mb(name: str) -> float:
    files = importlib.metadata.files(name) or []
    paths = {Path(str(file.locate())).resolve() for file in files}
    return sum(path.lstat().st_blocks * 512 for path in paths if path.is_file()) / 1e6


def import_cpu_s(module: str) -> float | None:
    """Processor time of a new process that imports a module; None if it is not installed."""
    times = []
    for _ in range(_REPEATS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        if subprocess.run([sys.executable, '-c', f'import {module}'], capture_output=True,
                          check=False).returncode:
            return None
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return round(statistics.median(times), 2)


def graph_memory_mib(arguments: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Program -> memory of its process in a running graph."""
    capture = cv2.VideoCapture(str(CLIP))
    with tempfile.TemporaryDirectory() as folder:
        images = Path(folder, 'images')
        images.mkdir()
        for number in range(_IMAGES):
            cv2.imwrite(str(images / f'{number:03}.png'), capture.read()[1])
        out = Path(folder, 'out.json')
        found: dict[str, dict[str, int]] = {}
        given = {'source': str(images), 'json': str(out), 'device': 'cpu', **arguments}
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(0.1):
                for name, memory in _children().items():  # keeps the maximum
                    best = found.setdefault(name, memory)
                    found[name] = {kind: max(best[kind], memory[kind]) for kind in memory}

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            with open_graph('video', given, private=True) as graph:
                graph.run()
        finally:
            ended.set()
            watching.join()
    return found


def _children() -> dict[str, dict[str, int]]:
    """Name -> memory, in MiB, of the child processes."""
    result = {}
    for folder in Path('/proc').glob('[0-9]*'):
        try:
            parent = folder.joinpath('stat').read_text().rpartition(')')[2].split()[1]
            if int(parent) != os.getpid():
                continue
            command = folder.joinpath('cmdline').read_bytes().split(b'\0')
            rollup = folder.joinpath('smaps_rollup').read_text().splitlines()
        except OSError:  # the process has ended
            continue
        values = {line.split(':')[0]: int(line.split()[1]) for line in rollup[1:]}
        name = next((Path(each.decode()).name for each in command[1:] if b'/lib/hemlets_ros/' in each), '')
        if name:
            result[name] = {'rss': values['Rss'] // 1024, 'pss': values['Pss'] // 1024}
    return result


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--sizes', action='store_true', help='only what an installation weighs')
    parser.add_argument('--json', type=Path, default=None, help='file for the figures')
    return parser.parse_args()


if __name__ == '__main__':
    sys.exit(main())
