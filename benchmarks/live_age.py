"""Age of images when their skeletons are published, with a camera of 30 Hz and a slower model.

    python benchmarks/live_age.py [--model-s 0.5] [--rate-hz 30] [--images 300] [--json FILE]

Images of 640x480 px go through real DDS to detector and pose node, in two processes and in one. The detector
is `whole-image`; the model sleeps, as if it ran on another processor. `over` is the age minus the computing
time reported with the skeletons, in frames; it should not exceed one.
"""

from __future__ import annotations

import argparse
import json
import os
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
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.dds import use_large_shared_memory
from hemlets_ros.nodes.graphs import open_graph
from hemlets_ros.nodes.image_messages import bgr_to_image
from hemlets_ros.nodes.messages import stamp_to_seconds
from hemlets_ros.nodes.qos import NEWEST_RELIABLE, RESULTS

_MODES = {'separate processes': False, 'one process': True}


def main() -> int:
    options = _options()
    use_large_shared_memory()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(stand_in_model.install(folder, options.model_s))
        modes = {mode: _measure(one_process, options) for mode, one_process in _MODES.items()}
    report = {'model_s': options.model_s, 'rate_hz': options.rate_hz, 'cores': os.cpu_count(),
              'load': os.getloadavg()[0], 'modes': modes}
    print(json.dumps(report, indent=2))
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + '\n')
    return 0


def _measure(one_process: bool, options: argparse.Namespace) -> dict[str, Any]:
    rclpy.init()
    tester = rclpy.create_node('benchmark')
    executor = SingleThreadedExecutor()
    executor.add_node(tester)
    heard: list[tuple[float, float]] = []  # age, computing time

    def on_skeletons(message: Skeleton3DArray) -> None:
        now_s = tester.get_clock().now().nanoseconds * 1e-9
        heard.append((now_s - stamp_to_seconds(message.header.stamp), message.detection_s + message.pose_s))

    tester.create_subscription(Skeleton3DArray, topics.SKELETONS, on_skeletons, RESULTS)
    images = tester.create_publisher(Image, topics.IMAGE, NEWEST_RELIABLE)
    pixels = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    with open_graph('pose', {'one_process': one_process, 'detector': 'whole-image',
                             'pose_model': stand_in_model.NAME}):
        sent, next_s = 0, time.perf_counter()
        while sent < options.images:
            executor.spin_once(timeout_sec=max(0.0, next_s - time.perf_counter()))
            if time.perf_counter() >= next_s:
                next_s += 1 / options.rate_hz
                images.publish(bgr_to_image(pixels, Header(
                    stamp=tester.get_clock().now().to_msg(), frame_id='eye')))
                sent += bool(heard)  # counts from the first skeleton on
    executor.shutdown()
    tester.destroy_node()
    rclpy.shutdown()
    age_s, compute_s = np.array(heard[1:]).T
    over = (age_s - compute_s) * options.rate_hz
    return {'skeletons': len(over), 'age_ms': {'p50': round(1000 * float(np.median(age_s)), 1),
                                               'max': round(1000 * float(age_s.max()), 1)},
            'compute_ms': round(1000 * float(np.median(compute_s)), 1),
            'over_frames': {'p50': round(float(np.median(over)), 2), 'max': round(float(over.max()), 2),
                            'p95': round(float(np.quantile(over, 0.95)), 2)}}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--model-s', type=float, default=0.5, help='what the model takes')
    parser.add_argument('--rate-hz', type=float, default=30.0, help="the camera's rate")
    parser.add_argument('--images', type=int, default=300)
    parser.add_argument('--json', type=Path, default=None, help='file for the figures')
    return parser.parse_args()


if __name__ == '__main__':
    sys.exit(main())
