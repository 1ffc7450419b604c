"""Latency, processor time and memory growth of the ROS graph without detector and network.

    python benchmarks/ros_graph.py [--images 10000] [--size 640x480] [--json FILE] [--png FILE]

Images with one person go through real DDS to detector, pose and recorder node; the next is sent when the
skeleton of the last one has been received. The detector is `whole-image` and the network a stand-in that
repeats its first output, so that only the overhead is measured: tracking, cropping, messages, DDS, lifting.
Memory is the VmRSS of each process.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault('ROS_DOMAIN_ID', str(1 + os.getpid() % 100))
os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')

import numpy as np
import rclpy
from harness import stand_in_model
from harness.processes import cpu_s_of, memory_mib
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.dds import use_large_shared_memory
from hemlets_ros.nodes.graphs import open_graph
from hemlets_ros.nodes.image_messages import bgr_to_image
from hemlets_ros.nodes.messages import ns_to_stamp
from hemlets_ros.nodes.qos import NEWEST_RELIABLE, RESULTS

_MODES = {'separate processes': False, 'one process': True}
_WARM_UP = 50  # number of first images that are not measured
_POINTS = 100  # points of the memory curve
_TIMEOUT_S = 60.0


def main() -> int:
    options = _options()
    use_large_shared_memory()
    width, height = map(int, options.size.split('x'))
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(stand_in_model.install(folder))
        results = {mode: _measure(one_process, image, options.images) for mode, one_process in _MODES.items()}
    report = {'images': options.images, 'size': options.size, 'machine': platform.machine(),
              'cores': os.cpu_count(), 'python': platform.python_version(), 'modes': {
                  mode: {key: value for key, value in result.items() if key != 'curves'}
                  for mode, result in results.items()}}
    sys.stdout.write(json.dumps(report, indent=2) + '\n')
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + '\n')
    if options.png:
        _plot(results, options.png)
    return 0


def _measure(one_process: bool, image: np.ndarray, count: int) -> dict[str, Any]:
    rclpy.init()
    tester = rclpy.create_node('benchmark')
    executor = SingleThreadedExecutor()
    executor.add_node(tester)
    heard: list[Skeleton3DArray] = []
    tester.create_subscription(Skeleton3DArray, topics.SKELETONS, heard.append, RESULTS)
    images = tester.create_publisher(Image, topics.IMAGE, NEWEST_RELIABLE)
    with tempfile.TemporaryDirectory() as folder, open_graph('webcam', {
            'source': '', 'one_process': one_process, 'detector': 'whole-image',
            'pose_model': stand_in_model.NAME, 'json': f'{folder}/skeletons.json'}) as graph:
        processes = graph.processes
        while not (images.get_subscription_count() and tester.count_publishers(topics.SKELETONS)
                   and tester.count_subscribers(topics.SKELETONS) == 2):
            executor.spin_once(timeout_sec=0.1)
        round_trips_s: list[float] = []
        curves: dict[str, list[tuple[int, float]]] = {name: [] for name in processes}
        for index in range(-_WARM_UP, count):
            stamp = ns_to_stamp((1000 + index) * 33_000_000)
            message = bgr_to_image(image, Header(stamp=stamp, frame_id='eye'))
            start_s = time.perf_counter()
            images.publish(message)
            while not heard or heard[-1].header != message.header:
                executor.spin_once(timeout_sec=1.0)
                if index == -_WARM_UP and not heard:
                    images.publish(message)  # repeated, as discovery may not be complete
                if time.perf_counter() - start_s > _TIMEOUT_S:
                    raise TimeoutError(f'no answer to image {index}')
            if index == 0:
                cpu_s = {name: cpu_s_of(process.pid) for name, process in processes.items()}
            if index >= 0:
                round_trips_s.append(time.perf_counter() - start_s)
                if index % max(1, count // _POINTS) == 0 or index == count - 1:
                    for name, process in processes.items():
                        curves[name].append((index, memory_mib(process.pid)))
            heard.clear()
        cpu_s = {name: cpu_s_of(process.pid) - cpu_s[name] for name, process in processes.items()}
    executor.shutdown()
    tester.destroy_node()
    rclpy.shutdown()
    p50_s, p95_s, p99_s = np.quantile(round_trips_s, (0.5, 0.95, 0.99))
    return {'overhead_ms': {'p50': round(1000 * p50_s, 2), 'p95': round(1000 * p95_s, 2),
                            'p99': round(1000 * p99_s, 2)},
            # Processor time depends little on other load.
            'cpu_ms_per_image': {name: round(1000 * spent_s / count, 2) for name, spent_s in cpu_s.items()},
            # Memory allocation stabilises within the first tenth.
            'memory_growth_mib': {name: round(curve[-1][1] - curve[len(curve) // 10][1], 2)
                                  for name, curve in curves.items()}, 'curves': curves}


def _plot(results: dict[str, Any], path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout='constrained')
    axes = figure.subplots(1, len(results), sharey=True)
    for axis, (mode, result) in zip(axes, results.items(), strict=True):
        for name, curve in result['curves'].items():
            images, memory_mib = zip(*curve, strict=True)
            axis.plot(images, np.array(memory_mib) - memory_mib[0], label=f'{name} ({memory_mib[0]:.0f} MiB)')
        axis.set(title=mode, xlabel='images')
        axis.grid(alpha=0.3)
        axis.legend()
    axes[0].set(ylabel='memory since the first image, MiB', ylim=(-1, 5))
    FigureCanvasAgg(figure).print_png(str(path))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--images', type=int, default=10_000)
    parser.add_argument('--size', default='640x480', help='of the images, WIDTHxHEIGHT in px')
    parser.add_argument('--json', type=Path, default=None, help='file for the figures')
    parser.add_argument('--png', type=Path, default=None, help='file for the curves of memory')
    return parser.parse_args()


if __name__ == '__main__':
    sys.exit(main())
