"""A graph under load: accounting of messages, growth of memory, age of images.

    python benchmarks/load.py [--seconds 60] [--rate-hz 30] [--people 40] [--cameras 4] [--json FILE]

Cameras of 640x480 px, the first one of 3840x2160 px, send images through real DDS to a detector and a pose
node each, in one process. Detector and network are stand-ins (40 people; no computing), because the rest of
the graph is tested. A recorder gets as many skeletons at the same rate. Slow machines drop images, but
published = sent + dropped + refused must hold exactly. The exit status is 1 if a limit is exceeded: memory
grows by more than --slope-mb-min (least squares over the second half), a message is not accounted for, or an
image is older than --age-s when its skeletons are published (95th percentile of the worst five seconds).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

os.environ.setdefault('ROS_DOMAIN_ID', str(1 + os.getpid() % 100))
os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')

import numpy as np
import rclpy
from harness import stand_in_model
from harness.load_messages import COUNTERS, Camera, Counters, Recorder
from rclpy.executors import SingleThreadedExecutor
from rclpy.serialization import deserialize_message

from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.dds import use_large_shared_memory
from hemlets_ros.nodes.graphs import open_graph
from hemlets_ros.nodes.process_group import NodeProcess, ProcessGroup
from hemlets_ros.nodes.qos import RESULTS


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Runs the graphs; returns the measurements of every node."""
    rclpy.init()
    tester = rclpy.create_node('load')
    executor = SingleThreadedExecutor()
    executor.add_node(tester)

    def spin(until: Callable[[], bool]) -> None:
        end_s = time.monotonic() + options.patience_s
        while not until():
            if time.monotonic() > end_s:
                raise SystemExit(f'nothing came for {options.patience_s:.0f} s; see the messages above')
            executor.spin_once(timeout_sec=0.1)

    counters = Counters(tester)
    cameras = [Camera(tester, f'camera_{index}', (640, 480) if index else (3840, 2160))
               for index in range(options.cameras)]
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        os.environ.update(stand_in_model.install(folder, 0.0, options.people))
        groups = {camera.name: stack.enter_context(open_graph('pose', {
            'namespace': camera.name, 'one_process': True, 'detector': stand_in_model.NAME, 'device': 'cpu',
            'pose_model': stand_in_model.NAME, 'max_persons': options.people, 'respawn': False,
            'backend': 'torch'})) for camera in cameras}
        groups['recording'] = stack.enter_context(ProcessGroup([NodeProcess(
            'recorder_node', executable='recorder_node', namespace='recording',
            parameters={'json': f'{folder}/a.json', 'bag_out': f'{folder}/a.mcap'})]))
        pids = {f'{name}/{process}': popen.pid for name, group in groups.items()
                for process, popen in group.processes.items()}

        spin(_last_answered(cameras))
        recorder = Recorder(tester, deserialize_message(cameras[0].skeletons, Skeleton3DArray))
        spin(lambda: tester.count_subscribers(f'recording/{topics.SKELETONS}') > 0
             and tester.count_publishers(f'recording/{topics.RECORDED}') > 0)
        nodes = 2 * len(cameras) + 1
        before = counters.refresh(spin, nodes)
        counters.ages_s.clear()
        for camera in cameras:
            camera.published = camera.heard = 0
        memory = _run(options, executor, cameras, recorder, pids)
        spin(_last_answered(cameras))
        spin(lambda: recorder.acknowledged >= recorder.published)
        after = counters.refresh(spin, nodes)
        for group in groups.values():
            group.__exit__(None, None, None)
        frames = len(json.loads(Path(folder, 'a.json').read_text())['frames'])
    executor.shutdown()
    tester.destroy_node()
    rclpy.shutdown()
    change = {name: {key: after[name][key] - before[name][key] for key in COUNTERS} for name in after}
    return {
        'seconds': options.seconds, 'people': options.people, 'cores': os.cpu_count(),
        'load': round(os.getloadavg()[0], 1),
        'cameras': {camera.name: {
            'published': camera.published, 'skeletons': camera.heard,
            'people': len(deserialize_message(camera.skeletons, Skeleton3DArray).skeletons),
            'age_s': round(counters.ages_s[f'{camera.name}/pose_node'], 3),
            'nodes': {node: change[f'{camera.name}/{node}'] for node in ('detector_node', 'pose_node')}}
            for camera in cameras},
        'recorder': {'published': recorder.published, 'acknowledged': recorder.acknowledged, 'frames': frames,
                     'node': change['recording/recorder_node']},
        'slope_mb_min': {name: round(_slope(samples), 2) for name, samples in memory.items()}}


def _last_answered(cameras: list[Camera]) -> Callable[[], bool]:
    """Whether every camera's last image is answered; later drops would not be noticed."""
    next_s = time.monotonic() + (20.0 if all(camera.published for camera in cameras) else 0.0)

    def answered() -> bool:
        nonlocal next_s
        waiting = [camera for camera in cameras if not camera.answered()]
        if waiting and time.monotonic() >= next_s:  # lost before nodes started, or by a full queue
            next_s = time.monotonic() + (20.0 if all(camera.skeletons for camera in cameras) else 2.0)
            for camera in waiting:
                camera.publish()
        return not waiting

    return answered


def _run(options: argparse.Namespace, executor: SingleThreadedExecutor, cameras: list[Camera],
         recorder: Recorder, pids: dict[str, int]) -> dict[str, list[tuple[float, float]]]:
    """Runs the graph under load. Returns seconds and MB of each process, about twice per second."""
    memory: dict[str, list[tuple[float, float]]] = {name: [] for name in pids}
    begin_s = next_s = sample_s = time.monotonic()
    while (now_s := time.monotonic()) < begin_s + options.seconds:
        executor.spin_once(timeout_sec=max(0.0, next_s - now_s))
        now_s = time.monotonic()
        if now_s >= sample_s:
            sample_s = now_s + 0.5
            for name, pid in pids.items():
                memory[name].append((now_s - begin_s, _memory_mb(pid)))
        if now_s >= next_s:
            next_s = max(next_s + 1 / options.rate_hz, now_s - 1.0)  # catches up with at most a second
            for camera in cameras:
                camera.publish()
            if recorder.published - recorder.acknowledged < RESULTS.depth:  # limited by its queue
                recorder.publish()
    return memory


def _memory_mb(pid: int) -> float:
    kib, = (line.split()[1] for line in Path(f'/proc/{pid}/status').read_text().splitlines()
            if line.startswith('RssAnon:'))
    return int(kib) * 1024 / 1e6


def _slope(samples: list[tuple[float, float]]) -> float:
    """Growth in MB per minute over the second half, because caches fill first."""
    at_s, mb = np.array(samples[len(samples) // 2:]).T
    return float(np.polyfit(at_s, mb, 1)[0] * 60)


def faults(figures: dict[str, Any], slope_mb_min: float, age_s: float) -> list[str]:
    """Descriptions of exceeded limits."""
    found = [f'{name}: memory grows by {slope} MB/min' for name, slope in figures['slope_mb_min'].items()
             if slope > slope_mb_min]
    for name, camera in figures['cameras'].items():
        published = camera['published']
        for node, counts in camera['nodes'].items():
            accounted = counts['sent'] + counts['dropped'] + counts['refused']
            if accounted != published:
                found.append(f'{name}/{node}: {published} published, {accounted} accounted for: {counts}')
            published = counts['sent']  # the next node's input
        if camera['skeletons'] != published:
            found.append(f'{name}: {published} skeletons sent, {camera["skeletons"]} heard')
        if camera['people'] != figures['people']:
            found.append(f'{name}: {camera["people"]} people of {figures["people"]}')
        if camera['age_s'] > age_s:
            found.append(f'{name}: images are {camera["age_s"]} s old')
    recorder = figures['recorder']
    counts = {recorder[key] for key in ('published', 'acknowledged', 'frames')} | {recorder['node']['sent']}
    if len(counts) > 1:
        found.append(f'recorder: {recorder}')
    return found


def main() -> int:
    options = _options()
    use_large_shared_memory()
    figures = measure(options)
    figures['faults'] = faults(figures, options.slope_mb_min, options.age_s)
    print(json.dumps(figures, indent=2))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + '\n')
    return 1 if figures['faults'] else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--seconds', type=float, default=60.0)
    parser.add_argument('--rate-hz', type=float, default=30.0, help='of each camera, and of the recorder')
    parser.add_argument('--people', type=int, default=40)
    parser.add_argument('--cameras', type=int, default=4)
    parser.add_argument('--slope-mb-min', type=float, default=1.0, help='bound of the growth of memory')
    parser.add_argument('--age-s', type=float, default=2.0, help='bound of the age of images')
    parser.add_argument('--patience-s', type=float, default=300.0, help='for the nodes to start')
    parser.add_argument('--json', type=Path, default=None, help='file for the figures')
    return parser.parse_args()


if __name__ == '__main__':
    sys.exit(main())
