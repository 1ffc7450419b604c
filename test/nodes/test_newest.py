"""A slow model gets the newest image, not the oldest that waits: real processes, real DDS.

No clock is read. With a source of 30 Hz and a model that needs 500 ms, 15 images come while it computes; here
15 images are sent while it computes, however long that takes. Ages are counted by the images' stamps.
"""

import select
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rclpy.duration import Duration
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from hemlets_ros.geometry.crop import crop_person
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.msg import PersonCropArray, Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.image_messages import bgr_to_image
from hemlets_ros.nodes.messages import crops_to_messages, ns_to_stamp, stamp_to_seconds
from hemlets_ros.nodes.qos import NEWEST_RELIABLE, RESULTS
from hemlets_ros.people import Box, PersonCrops

_PERIOD_NS = 33_333_333
_WHILE_COMPUTING = 15
_PIXELS = np.full((240, 320, 3), 90, np.uint8)


def _image(header):
    return bgr_to_image(_PIXELS, header)


def _crops(header):
    crop = crop_person(_PIXELS, Box(np.array([100.0, 20, 200, 220]), 0.9))
    return crops_to_messages(PersonCrops([crop], 0.0, Intrinsics(np.eye(3)), (320, 240), 0.01), header)[1]


@pytest.fixture
def start():
    processes = []

    def start(*command):
        processes.append(subprocess.Popen([sys.executable, '-P', *command], stdin=subprocess.PIPE,
                                          stdout=subprocess.PIPE, text=True))
        return processes[-1]

    yield start
    for process in processes:
        process.send_signal(signal.SIGINT)
        process.stdin.close()
    for process in processes:
        process.wait(20)
        process.stdout.close()


@pytest.mark.parametrize(('slow', 'make', 'kind', 'heard', 'answer_kind', 'answers'), [
    ('pose_node', _crops, PersonCropArray, topics.CROPS, Skeleton3DArray, topics.SKELETONS),
    ('detector_node', _image, Image, topics.IMAGE, PersonCropArray, topics.CROPS),
    ('one_process', _image, Image, topics.IMAGE, Skeleton3DArray, topics.SKELETONS),
], ids=['pose_node', 'detector_node', 'one_process'])
def test_the_newest_image_is_next(node, spin_until, start, slow, make, kind, heard, answer_kind, answers):
    model = start(str(Path(__file__).with_name('slow_node.py')), slow)
    images = node.create_publisher(kind, heard, NEWEST_RELIABLE)
    answered = []
    node.create_subscription(answer_kind, answers, lambda message: answered.append(_number(message)), RESULTS)
    spin_until(lambda: images.get_subscription_count() and node.count_publishers(answers))

    def begins():
        return bool(select.select([model.stdout], [], [], 0)[0])

    def send(number):
        images.publish(make(Header(stamp=ns_to_stamp((1000 + number) * _PERIOD_NS))))

    def first_begins():
        send(0)  # the way may not be open yet
        return begins()
    spin_until(first_begins)
    worked_on = [_begun(model)]
    assert worked_on == [0]
    number = 0
    for _ in range(4):
        for _ in range(_WHILE_COMPUTING):
            number += 1
            send(number)
        assert images.wait_for_all_acked(Duration(seconds=60)), 'the node has not got the last image'
        _end(model)
        spin_until(begins)
        worked_on.append(_begun(model))
        assert worked_on[-1] == number, f'image {worked_on[-1]} is worked on when {number} is there'
    _end(model)
    spin_until(lambda: number in answered)
    assert [each for each in answered if each] == worked_on[1:], 'no image is answered but those worked on'


def _number(message):
    return round(stamp_to_seconds(message.header.stamp) * 1e9 / _PERIOD_NS) - 1000


def _begun(model):
    word, stamp_s = model.stdout.readline().split()
    assert word == 'began'
    return round(float(stamp_s) * 1e9 / _PERIOD_NS) - 1000


def _end(model):
    model.stdin.write('\n')
    model.stdin.flush()
