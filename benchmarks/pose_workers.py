"""Cost of `pose_dispatcher_node`, and gain by several pose nodes, in separate processes.

    python benchmarks/pose_workers.py [--workers 0 1 2 4] [--people 8] [--crop-ms 10] [--json FILE]

There is one graph for each number of pose nodes, all running. Each image goes to one graph after the other,
and the next one follows when its skeletons have arrived. 0: one pose node without dispatcher. The detector
returns people in rows. The network waits --crop-ms for each crop, as if each pose node had its own machine,
so that the remaining time is the cost of dispatcher and messages. --real: the real network, on this
machine's cores.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

os.environ.setdefault('ROS_DOMAIN_ID', str(1 + os.getpid() % 100))
os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')

import numpy as np
import rclpy
from harness import stand_in_model
from harness.processes import cpu_s_of
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.dds import use_large_shared_memory
from hemlets_ros.nodes.graphs import open_graph
from hemlets_ros.nodes.image_messages import bgr_to_image
from hemlets_ros.nodes.messages import ns_to_stamp
from hemlets_ros.nodes.process_group import ProcessGroup
from hemlets_ros.nodes.qos import NEWEST_RELIABLE, RESULTS

_WARM_UP = 5  # number of first images that are not measured
_AGAIN_S, _TIMEOUT_S = 2.0, 60.0


class Running:
    """A graph with a number of pose nodes, with publisher and subscription."""

    def __init__(self, tester: Node, workers: int, graph: ProcessGroup) -> None:
        self.workers, self.graph = workers, graph
        self.round_trips_s: list[float] = []
        self.people: list[int] = []
        self.cpu_s: dict[str, float] = {}
        self._heard: Skeleton3DArray | None = None
        within = _namespace(workers)
        self._images = tester.create_publisher(Image, f'{within}/{topics.IMAGE}', NEWEST_RELIABLE)
        tester.create_subscription(Skeleton3DArray, f'{within}/{topics.SKELETONS}', self._hear, RESULTS)

    def _hear(self, message: Skeleton3DArray) -> None:
        self._heard = message

    def send(self, message: Image, executor: SingleThreadedExecutor) -> float:
        """Seconds until the skeletons arrive; a lost image is sent again."""
        start_s = sent_s = time.perf_counter()
        self._images.publish(message)
        while self._heard is None or self._heard.header != message.header:
            executor.spin_once(timeout_sec=0.1)
            now_s = time.perf_counter()
            if now_s - start_s > _TIMEOUT_S:
                raise TimeoutError(f'no answer with {self.workers} pose nodes')
            if now_s - sent_s > _AGAIN_S:
                self._images.publish(message)
                sent_s = now_s
        self.people.append(len(self._heard.skeletons))
        return time.perf_counter() - start_s

    def spent_s(self) -> dict[str, float]:
        """Processor time of each process so far."""
        return {name: cpu_s_of(process.pid) for name, process in self.graph.processes.items()}

    def figures(self) -> dict[str, Any]:
        count = len(self.round_trips_s)
        spent_ms = {name: round(1000 * (now_s - self.cpu_s[name]) / count, 2)
                    for name, now_s in self.spent_s().items()}
        return {'p50_ms': round(1000 * statistics.median(self.round_trips_s), 1),
                'p95_ms': round(1000 * float(np.quantile(self.round_trips_s, 0.95)), 1),
                'images_a_second': round(count / sum(self.round_trips_s), 1),
                'people': statistics.mean(self.people[-count:]), 'cpu_ms_per_image': spent_ms}


def main() -> int:
    options = _options()
    use_large_shared_memory()
    width, height = map(int, options.size.split('x'))
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    rclpy.init()
    tester = rclpy.create_node('benchmark')
    executor = SingleThreadedExecutor()
    executor.add_node(tester)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        os.environ.update(stand_in_model.install(folder, people=options.people,
                                                 crop_seconds=options.crop_ms / 1000))
        running = []
        for workers in options.workers:
            graph = open_graph('webcam', {
                'source': '', 'detector': stand_in_model.NAME, 'namespace': _namespace(workers),
                'pose_workers': workers,
                'pose_model': 'hemlets' if options.real else stand_in_model.NAME})
            running.append(Running(tester, workers, stack.enter_context(graph)))
        for number in range(-_WARM_UP, options.images):
            for each in running if number % 2 else running[::-1]:
                message = bgr_to_image(image, Header(stamp=ns_to_stamp((1000 + number) * 33_000_000),
                                                     frame_id='eye'))
                if number == 0:
                    each.cpu_s = each.spent_s()
                seconds = each.send(message, executor)
                if number >= 0:
                    each.round_trips_s.append(seconds)
        report = {'images': options.images, 'people': options.people, 'size': options.size,
                  'crop_ms': None if options.real else options.crop_ms, 'cores': os.cpu_count(),
                  'load': round(os.getloadavg()[0], 1),
                  'workers': {str(each.workers): each.figures() for each in running}}
    executor.shutdown()
    tester.destroy_node()
    rclpy.shutdown()
    sys.stdout.write(json.dumps(report, indent=1) + '\n')
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + '\n')
    return 0


def _namespace(workers: int) -> str:
    return f'with_{workers}'


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--workers', type=int, nargs='+', default=[0, 1, 2, 4], metavar='N',
                        help='pose nodes')
    parser.add_argument('--people', type=int, default=8, help='in each image')
    parser.add_argument('--crop-ms', type=float, default=10.0, help='that the stand-in waits for a crop')
    parser.add_argument('--real', action='store_true', help='the real network instead of a stand-in')
    parser.add_argument('--images', type=int, default=100)
    parser.add_argument('--size', default='1280x720', help='of the images, WIDTHxHEIGHT in px')
    parser.add_argument('--json', type=Path, default=None, help='file for the figures')
    return parser.parse_args()


if __name__ == '__main__':
    sys.exit(main())
