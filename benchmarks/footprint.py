"""Size of an installation, memory of its processes, and time of imports.

    python benchmarks/footprint.py [--json FILE]

Memory is resident (RSS, and PSS: shared pages divided among the processes that share them), in a graph that
processes the bundled clip's first images. Import times are processor time of new processes, the median of
some.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import threading
from pathlib import Path
from typing import Any

import cv2

from hemlets_ros.nodes.graphs import open_graph
from hemlets_ros.sources.bundled_clip import CLIP

_MODULES = ('numpy', 'cv2', 'onnxruntime', 'rclpy', 'hemlets_ros', 'hemlets_ros.pipeline',
            'hemlets_ros.nodes.detector_node', 'hemlets_ros.nodes.pose_node', 'hemlets_ros.nodes.one_process',
            'torch')
_IMAGES, _REPEATS = 20, 3
_ARGUMENTS = {'separate': {'one_process': False}, 'one process': {'one_process': True}}


def main() -> int:
    options = _options()
    report = {'cores': os.cpu_count(), 'load': round(os.getloadavg()[0], 1), 'installed_mb': installed_mb(),
              'import_cpu_s': {name: cost for name in _MODULES if (cost := import_cpu_s(name)) is not None},
              'memory_mib': {name: graph_memory_mib(arguments) for name, arguments in _ARGUMENTS.items()}}
    print(json.dumps(report, indent=2))
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + '\n')
    return 0


def installed_mb() -> dict[str, int]:
    """Of this environment, and of the largest in it, as files take room on the disk."""
    prefix, packages = Path(sys.prefix), Path(sysconfig.get_path('purelib'))
    sizes = {path.name: _size_mb(path) for path in packages.iterdir()}
    largest = sorted(sizes, key=sizes.__getitem__, reverse=True)[:8]
    return {'all': _size_mb(prefix), **{name: sizes[name] for name in largest}}


def import_cpu_s(module: str) -> float | None:
    """Processor time of a new process that imports a module; None where it is not installed."""
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
    """Program -> memory of its process, while a graph works."""
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
                for name, memory in _children().items():  # the greatest that was seen
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
    """Name -> memory, in MiB, of the processes that this one has started."""
    result = {}
    for folder in Path('/proc').glob('[0-9]*'):
        try:
            parent = folder.joinpath('stat').read_text().rpartition(')')[2].split()[1]
            if int(parent) != os.getpid():
                continue
            command = folder.joinpath('cmdline').read_bytes().split(b'\0')
            rollup = folder.joinpath('smaps_rollup').read_text().splitlines()
        except OSError:  # it has ended
            continue
        values = {line.split(':')[0]: int(line.split()[1]) for line in rollup[1:]}
        name = next((Path(each.decode()).name for each in command[1:] if b'/lib/hemlets_ros/' in each), '')
        if name:
            result[name] = {'rss': values['Rss'] // 1024, 'pss': values['Pss'] // 1024}
    return result


def _size_mb(path: Path) -> int:
    paths = path.rglob('*') if path.is_dir() else [path]
    return round(sum(each.lstat().st_blocks * 512 for each in paths) / 1e6)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--json', type=Path, default=None, help='file for the figures')
    return parser.parse_args()


if __name__ == '__main__':
    sys.exit(main())
