"""Detector and pose node on two hosts, or all on one: latency, rate, network traffic.

    sudo .venv/bin/python benchmarks/two_hosts.py [--repetitions 3] [--json FILE]

The hosts are two network namespaces of this machine, connected by a veth pair, each with its own /dev/shm and
machine id, so that Fast DDS must use the network. The bundled clip goes through the real nodes; the next
image follows when the skeletons of the last one are recorded. The layouts are measured alternately, so that
other load affects all of them; bytes are counted by the veth pair.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from harness.clip_images import CLIP

from hemlets_ros.nodes.graphs import find_graph

_PROGRAMS = Path(sys.prefix) / 'lib' / 'hemlets_ros'
_NAMESPACES = ('hemlets_a', 'hemlets_b')
_WIRES = ('hemlets_va', 'hemlets_vb')
_ADDRESSES = ('10.77.0.1', '10.77.0.2')
_CAMERA, _DETECTOR, _POSE, _RECORDER = 'camera_node', 'detector_node', 'pose_node', 'recorder_node'
_RELIABLE = {'qos_overrides./image_raw.subscription.reliability': 'reliable'}
_TCP = {'FASTDDS_BUILTIN_TRANSPORTS': 'LARGE_DATA'}


class Layout(NamedTuple):
    """The distribution of nodes to hosts."""

    here: tuple[str, ...] = (_DETECTOR, _CAMERA)
    there: tuple[str, ...] = (_RECORDER, _POSE)
    mbit: int = 0  # data rate of the network; 0: no limit
    parameters: dict[str, str] = {}  # of all nodes, in addition to those of the graph  # noqa: RUF012
    environment: dict[str, str] = {}  # noqa: RUF012


#: No layout sends images best effort, as the detector subscribes by default: too few arrive complete by UDP.
_LAYOUTS = {
    'one host': Layout((_RECORDER, _POSE, _DETECTOR, _CAMERA), ()),
    'crops': Layout(),
    'crops, 1 Gbit/s': Layout(mbit=1000),
    'crops, 1 Gbit/s, LARGE_DATA': Layout(mbit=1000, environment=_TCP),
    'images, 1 Gbit/s, reliable': Layout((_CAMERA,), (_RECORDER, _POSE, _DETECTOR), 1000, _RELIABLE),
    'images, 1 Gbit/s, LARGE_DATA': Layout((_CAMERA,), (_RECORDER, _POSE, _DETECTOR), 1000,
                                           environment=_TCP)}
_TIMEOUT_S = 600.0


def main() -> int:
    options = _options()
    if options.side:
        return _run_host(_LAYOUTS[options.layouts[0]], options.side, options.folder)
    if os.geteuid() != 0:
        sys.stderr.write('network namespaces need root\n')
        return 1
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in options.layouts}
    for repetition in range(options.repetitions):
        for name in options.layouts:
            runs[name].append(_measure(name, options.frames))
            sys.stderr.write(f'{repetition + 1}/{options.repetitions} {name}: {runs[name][-1]}\n')
    report = {'clip': f'{CLIP.name}, 1280x720, two people', 'frames': options.frames,
              'repetitions': options.repetitions, 'load': os.getloadavg()[0],
              'machine': platform.machine(), 'cores': os.cpu_count(), 'layouts': {
                  name: {key: round(statistics.median(run[key] for run in of_layout), 1)
                         for key in of_layout[0]} for name, of_layout in runs.items()}, 'runs': runs}
    sys.stdout.write(json.dumps(report, indent=2) + '\n')
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + '\n')
    return 0


def _measure(name: str, frames: int) -> dict[str, float]:
    layout = _LAYOUTS[name]
    with tempfile.TemporaryDirectory() as folder, _hosts(layout.mbit):
        _cut(Path(folder) / 'clip.avi', frames)
        hosts = [_start(namespace, side, name, folder) for namespace, side, nodes in (
            (_NAMESPACES[1], 'there', layout.there), (_NAMESPACES[0], 'here', layout.here)) if nodes]
        try:
            if hosts[-1].wait(_TIMEOUT_S):  # host a ends, because its camera node ends with the clip
                raise RuntimeError('a node failed; see its messages above')
        finally:
            for host in hosts:
                host.send_signal(signal.SIGINT)
            for host in hosts:
                host.wait()
        sent, back = _wire_bytes()
        camera = json.loads((Path(folder) / 'report.json').read_text())
        answers = json.loads((Path(folder) / 'skeletons.json').read_text())['frames']
    if len(answers) != camera['images']:
        raise RuntimeError(f'{camera["images"]} images, but {len(answers)} answers')
    stages_ms = [1000 * (frame['detection_s'] + frame['pose_s']) for frame in answers]
    p50_ms, p95_ms = 1000 * camera['round_trip_p50_s'], 1000 * camera['round_trip_p95_s']
    return {'latency_p50_ms': p50_ms, 'latency_p95_ms': p95_ms, 'rate_hz': camera['rate_hz'],
            'stages_p50_ms': float(np.median(stages_ms)),
            'between_p50_ms': p50_ms - float(np.median(stages_ms)),
            'sent_kb_per_image': sent / camera['images'] / 1000,
            'back_kb_per_image': back / camera['images'] / 1000}


def _cut(path: Path, frames: int) -> None:
    capture = cv2.VideoCapture(str(CLIP))
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 25, (1280, 720))
    for _ in range(frames):
        writer.write(capture.read()[1])
    writer.release()


@contextlib.contextmanager
def _hosts(mbit: int) -> Iterator[None]:
    """Creates two namespaces and a veth pair between them; removes them at the end."""
    _remove()
    try:
        for namespace in _NAMESPACES:
            _ip('netns', 'add', namespace)
        _ip('link', 'add', _WIRES[0], 'type', 'veth', 'peer', 'name', _WIRES[1])
        for namespace, wire, address in zip(_NAMESPACES, _WIRES, _ADDRESSES, strict=True):
            _ip('link', 'set', wire, 'netns', namespace)
            _ip('-n', namespace, 'address', 'add', f'{address}/24', 'dev', wire)
            for link in (wire, 'lo'):
                _ip('-n', namespace, 'link', 'set', link, 'up')
            if mbit:
                subprocess.run(['tc', '-n', namespace, 'qdisc', 'add', 'dev', wire, 'root', 'tbf', 'rate',
                                f'{mbit}mbit', 'burst', '256k', 'latency', '50ms'], check=True)
        yield
    finally:
        _remove()


def _remove() -> None:
    for namespace in _NAMESPACES:
        subprocess.run(['ip', 'netns', 'del', namespace], check=False, stderr=subprocess.DEVNULL)


def _ip(*words: str) -> None:
    subprocess.run(['ip', *words], check=True)


def _wire_bytes() -> tuple[int, int]:
    """Bytes from a to b, and from b to a."""
    printed = subprocess.run(['ip', '-n', _NAMESPACES[0], '-s', '-j', 'link', 'show', _WIRES[0]], check=True,
                          capture_output=True).stdout
    counts = json.loads(printed)[0]['stats64']
    return counts['tx']['bytes'], counts['rx']['bytes']


def _start(namespace: str, side: str, layout: str, folder: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(['ip', 'netns', 'exec', namespace, sys.executable, __file__,
                             '--layouts', layout, '--side', side, '--folder', folder])


def _run_host(layout: Layout, side: str, folder: Path) -> int:
    """Runs the nodes of a host in its namespace until its camera node ends, or until SIGINT."""
    for kind, place in (('tmpfs', '/dev/shm'), ('tmpfs', '/run')):
        subprocess.run(['mount', '-t', kind, kind, place], check=True)
    identity = folder / f'machine_{side}'
    identity.write_text(f'{uuid.uuid4().hex}\n')
    subprocess.run(['mount', '--bind', str(identity), '/etc/machine-id'], check=True)
    graph = find_graph('video').processes({
        'source': str(folder / 'clip.avi'), 'json': str(folder / 'skeletons.json'), 'lossless': 'recorded',
        'report': str(folder / 'report.json'), 'device': 'cpu'})
    environment = {**os.environ, 'ROS_DOMAIN_ID': '77', 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'SUBNET',
                   **layout.environment}
    running = {}
    for process in graph:
        if process.name in getattr(layout, side):
            parameters = [word for name, value in (process.parameters | layout.parameters).items()
                          for word in ('-p', f'{name}:={json.dumps(value)}')]
            running[process.name] = subprocess.Popen(
                [str(_PROGRAMS / process.name), '--ros-args', '--log-level', 'warn', *parameters],
                env=environment, start_new_session=True)
    status = 0
    try:
        status = running.get(_CAMERA, next(iter(running.values()))).wait()
    except KeyboardInterrupt:
        pass
    finally:
        for process in running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in running.values():
            process.wait()
    return status


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--repetitions', type=int, default=3)
    parser.add_argument('--frames', type=int, default=75, help='of the clip, at most 75')
    parser.add_argument('--json', type=Path, default=None, help='file for the figures')
    parser.add_argument('--layouts', nargs='+', default=list(_LAYOUTS), choices=list(_LAYOUTS),
                        metavar='NAME', help=f'some of: {"; ".join(_LAYOUTS)}')
    parser.add_argument('--side', default='', help=argparse.SUPPRESS)
    parser.add_argument('--folder', type=Path, default=None, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == '__main__':
    sys.exit(main())
