"""Checks config/zenoh/robot_router.json5 with two routers, a robot's and a base station's.

    python benchmarks/zenoh_router.py [FILE]             # needs: pip install eclipse-zenoh

Opens Zenoh sessions with that file, with addresses and interfaces replaced by this machine's, and publishes
keys like those of rmw_zenoh. It does not use ROS, so it does not test rmw_zenoh itself.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import zenoh

_FILE = Path(__file__).parents[1] / 'config' / 'zenoh' / 'robot_router.json5'
_TYPES = {'image_raw': 'sensor_msgs::msg::dds_::Image_', 'camera/image_raw': 'sensor_msgs::msg::dds_::Image_',
          'person_crops': 'hemlets_ros::msg::dds_::PersonCropArray_',
          'skeletons': 'hemlets_ros::msg::dds_::Skeleton3DArray_'}
_HASH = 'RIHS01_' + 64 * '0'
_WAIT_S = 20.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('file', type=Path, nargs='?', default=_FILE)
    arrived = arrives(parser.parse_args().file)
    for topic, there in arrived.items():
        sys.stdout.write(f'{topic}: {"arrives" if there else "stays in the robot"}\n')
    return 0 if arrived == {topic: topic == 'skeletons' for topic in _TYPES} else 1


def arrives(file: Path) -> dict[str, bool]:
    """Topic of a robot -> whether a subscriber at the base station receives it."""
    robot_port, base_port = _free_port(), _free_port()
    router = zenoh.Config.from_file(str(file))
    router.insert_json5('listen/endpoints', json.dumps([f'tcp/127.0.0.1:{robot_port}']))
    router.insert_json5('connect/endpoints', json.dumps([f'tcp/127.0.0.1:{base_port}']))
    router.insert_json5('access_control/subjects', json.dumps([{'id': 'outside', 'interfaces': ['lo']}]))
    heard: set[str] = set()
    began, ended = threading.Event(), threading.Event()

    def hear(sample: zenoh.Sample) -> None:
        heard.add(str(sample.key_expr))
        if str(sample.key_expr) == _key('begin'):
            began.set()
        if str(sample.key_expr) == _key('end'):
            ended.set()

    with ExitStack() as stack:
        def opened(config: zenoh.Config) -> zenoh.Session:
            return stack.enter_context(zenoh.open(config))

        opened(_config('router', listen=base_port))
        opened(router)
        base = opened(_config('client', connect=base_port))
        robot = opened(_config('client', connect=robot_port))
        base.declare_subscriber('0/robot_1/**', hear)
        # Repeated until the robot knows the subscription. Messages sent before `end` have then arrived or
        # are lost.
        for _ in range(int(_WAIT_S / 0.1)):
            robot.put(_key('begin'), b'')
            if began.wait(0.1):
                break
        else:
            raise TimeoutError('the routers did not connect')
        for topic in (*_TYPES, 'end'):
            robot.put(_key(topic), b'message')
        if not ended.wait(_WAIT_S):
            raise TimeoutError('nothing arrives any more')
    return {topic: _key(topic) in heard for topic in _TYPES}


def _key(topic: str) -> str:
    return f'0/robot_1/{topic}/{_TYPES.get(topic, "std_msgs::msg::dds_::Empty_")}/{_HASH}'


def _config(mode: str, listen: int = 0, connect: int = 0) -> zenoh.Config:
    config = zenoh.Config()
    config.insert_json5('mode', json.dumps(mode))
    config.insert_json5('scouting/multicast/enabled', 'false')
    config.insert_json5('listen/endpoints', json.dumps([f'tcp/127.0.0.1:{listen}'] if listen else []))
    config.insert_json5('connect/endpoints', json.dumps([f'tcp/127.0.0.1:{connect}'] if connect else []))
    return config


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(('127.0.0.1', 0))
        return one.getsockname()[1]


if __name__ == '__main__':
    sys.exit(main())
