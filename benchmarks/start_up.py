"""Time to the first skeleton of a new process, and of the help.

    python benchmarks/start_up.py [--repeats 5] [--json FILE]

Each measurement is a new process, from start to exit; the commands run alternately. Processor time depends
little on other load. Files are in the page cache, so that disks have no influence.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2

from hemlets_ros.sources.bundled_clip import CLIP
from hemlets_ros.system.extras import is_installed

_HEMLETS = [sys.executable, '-P', '-m', 'hemlets_ros.cli.main']


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder, 'image.png')
        cv2.imwrite(str(image), cv2.VideoCapture(str(CLIP)).read()[1])
        run = [*_HEMLETS, 'run', str(image), '--json', str(Path(folder, 'out.json')), '--overwrite']
        commands = {'hemlets --help': [*_HEMLETS, '--help'],
                    'one image, lite': run,
                    'one image, lite, no detector': [*run, '--detector', 'whole-image']}
        if is_installed('ultralytics'):
            commands |= {'import torch': [sys.executable, '-c', 'import torch'],
                         'one image, lite, all in PyTorch': [*run, '--detector-backend', 'torch',
                                                             '--backend', 'torch']}
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for repeat in range(options.repeats + 1):
            for name, command in commands.items():
                measured = _measure(command)
                if repeat:  # the first run fills the page cache
                    times[name].append(measured)
    report = {'cores': os.cpu_count(), 'load': os.getloadavg()[0], 'repeats': options.repeats, 'commands': {
        name: {'wall_s': round(statistics.median(wall for wall, _ in rows), 2),
               'cpu_s': round(statistics.median(cpu for _, cpu in rows), 2)} for name, rows in times.items()}}
    print(json.dumps(report, indent=2))
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + '\n')
    return 0


def _measure(command: list[str]) -> tuple[float, float]:
    """Wall and processor time of a command, s."""
    before, start_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall_s, after = time.perf_counter() - start_s, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--repeats', type=int, default=5)
    parser.add_argument('--json', type=Path, default=None, help='file for the figures')
    return parser.parse_args()


if __name__ == '__main__':
    sys.exit(main())
