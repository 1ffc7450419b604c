"""Processor time of sending and receiving messages, ms of one thread.

    python benchmarks/messages.py [--rounds 15] [--turn-s 0.1]

Messages are skeletons of 1, 4 and 20 people, without and with bodies (with random values), and the crops of
20 people. Measured are: conversion from the pipeline's arrays, publishing to another process,
deserialisation as in rclpy, and conversion to arrays. `their pixels, one array`: the pixels as a single
image, which is a lower bound for a message with all crops in one array. All cases alternate; medians.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import rclpy
from harness.timing import Case, interleaved, repeated
from rclpy.node import Node
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.msg import PersonCropArray, Skeleton3DArray
from hemlets_ros.nodes.body_fields import SHAPE
from hemlets_ros.nodes.image_messages import bgr_to_image, image_to_bgr
from hemlets_ros.nodes.messages import (
    crops_from_message,
    crops_to_messages,
    frame_from_message,
    frame_to_message,
)
from hemlets_ros.people import Body, Box, Crop, Frame, Person, PersonCrops, TrackingState, WeightsInfo

_PEOPLE, _MANY = (1, 4, 20), 20
_SIZE_PX = 1280, 720
_TOPICS = {Skeleton3DArray: 'skeletons', PersonCropArray: 'crops', Image: 'image'}
_HEADER = Header(frame_id='camera')
_RANDOM = np.random.default_rng(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rounds', type=int, default=15)
    parser.add_argument('--turn-s', type=float, default=0.1)
    parser.add_argument('--listen', action='store_true', help=argparse.SUPPRESS)
    options = parser.parse_args()
    rclpy.init()
    node = rclpy.create_node('messages_benchmark')
    if options.listen:
        for kind, topic in _TOPICS.items():
            node.create_subscription(kind, topic, lambda _: None, 1, raw=True)
        rclpy.spin(node)
        return
    listener = subprocess.Popen([sys.executable, __file__, '--listen'])
    try:
        cases = _cases(node)
        seconds = interleaved(cases, range(options.rounds), options.turn_s)
    finally:
        listener.kill()
        listener.wait()
    print('| | ' + ' | '.join(_STEPS) + ' |')
    print('|---' * (1 + len(_STEPS)) + '|')
    medians = {(case.stage, case.name): 1000 * float(np.median(each))
               for case, each in zip(cases, seconds, strict=True)}
    for stage in dict.fromkeys(case.stage for case in cases):
        print(f'| {stage} | ' + ' | '.join(f'{medians[stage, step]:.2f}' for step in _STEPS) + ' |')


_STEPS = 'make', 'publish', 'read bytes', 'to arrays'


def _cases(node: Node) -> list[Case]:
    publishers = {kind: node.create_publisher(kind, topic, 1) for kind, topic in _TOPICS.items()}
    while not all(each.get_subscription_count() for each in publishers.values()):
        time.sleep(0.05)
    cases = []

    def add(stage: str, make: Callable[[], Any], back: Callable[[Any], Any]) -> None:
        message = make()
        data = serialize_message(message)
        calls = (make, partial(publishers[type(message)].publish, message),
                 partial(deserialize_message, data, type(message)), partial(back, message))
        cases.extend(Case(stage, step, repeated(call, time.thread_time))
                     for step, call in zip(_STEPS, calls, strict=True))

    for has_bodies in (False, True):
        for people in _PEOPLE:
            frame = _frame(people, has_bodies)
            add(f'skeletons of {people}' + ', bodies' * has_bodies,
                partial(frame_to_message, frame, _HEADER), frame_from_message)
    crops = [Crop(_box(), _RANDOM.integers(0, 256, (CROP_SIZE_PX, CROP_SIZE_PX, 3), np.uint8), np.eye(2, 3))
             for _ in range(_MANY)]
    found = PersonCrops(crops, 0.0, Intrinsics.from_fov(*_SIZE_PX, 60.0), _SIZE_PX, 0.0)
    add(f'crops of {_MANY}', lambda: crops_to_messages(found, _HEADER)[1], crops_from_message)
    add('their pixels, one array', lambda: bgr_to_image(
        np.concatenate([crop.image for crop in crops]), _HEADER), image_to_bgr)
    return cases


def _box() -> Box:
    return Box(np.array([0.0, 0, 100, 200]), 0.9, _RANDOM.normal(size=(17, 2)), _RANDOM.random(17))


def _frame(people: int, has_bodies: bool) -> Frame:
    def person(number: int) -> Person:
        box = _box()
        body = Body(_RANDOM.normal(size=3), _RANDOM.normal(size=(24, 4)), _RANDOM.normal(size=(24, 3)), 1.7,
                    dict.fromkeys(SHAPE, 0.5)) if has_bodies else None
        return Person(number, box.score, TrackingState.OK, box.xyxy_px, _RANDOM.normal(size=(18, 2)),
                      _RANDOM.normal(size=(18, 3)), _RANDOM.random(18), np.eye(2, 3), box.keypoints_px,
                      box.keypoint_scores, body=body)

    return Frame([person(number) for number in range(people)], 0.0, Intrinsics.from_fov(*_SIZE_PX, 60.0),
                 _SIZE_PX, WeightsInfo('random', 64 * '0'))


if __name__ == '__main__':
    main()
