"""Detector and pose node linked in one process."""

import gc
import itertools
from pathlib import Path

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from harness import stand_in_model
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from hemlets_ros.msg import PersonCropArray, Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.image_messages import bgr_to_image
from hemlets_ros.nodes.one_process import make_nodes
from hemlets_ros.nodes.qos import NEWEST, RESULTS

_PIXELS = np.full((64, 48, 3), 80, np.uint8)


@pytest.fixture
def make(context, spin_until):
    """Makes a pose and a detector node that are linked, and spin together with the tester."""
    made = []

    def make(**values):
        made.extend(make_nodes(context=context, parameter_overrides=[
            Parameter(name, value=value)
            for name, value in {'detector': 'whole-image', 'device': 'cpu', **values}.items()]))
        for node in made:
            assert node.start()
            spin_until.executor.add_node(node)
        return made

    yield make
    for node in made:
        spin_until.executor.remove_node(node)
        node.destroy_node()


@pytest.fixture
def linked(make):
    return make()


def _image(sec):
    return bgr_to_image(_PIXELS, Header(frame_id='eye', stamp=Time(sec=sec)))


def test_images_become_skeletons_without_dds_between(linked, node, spin_until):
    pose, _ = linked
    assert topics.CROPS not in {each.topic_name.lstrip('/') for each in pose.subscriptions}
    heard = []
    node.create_subscription(Skeleton3DArray, topics.SKELETONS, heard.append, RESULTS)
    images = node.create_publisher(Image, topics.IMAGE, NEWEST)
    spin_until(lambda: images.get_subscription_count() and node.count_publishers(topics.SKELETONS))
    images.publish(_image(3))
    spin_until(lambda: heard)
    assert heard[0].header.stamp.sec == 3
    assert len(heard[0].skeletons) == 1


def test_others_may_still_hear_the_crops(linked, node, spin_until):
    _, detector = linked
    heard = []
    node.create_subscription(PersonCropArray, topics.CROPS, heard.append, RESULTS)
    spin_until(lambda: detector.count_subscribers(topics.CROPS))

    secs = itertools.count(1)

    def heard_some():
        detector.handle_image(_image(next(secs)), topics.IMAGE)  # its publisher may know a moment later
        return heard
    spin_until(heard_some)


def test_an_inactive_half_does_no_harm(linked):
    pose, detector = linked
    pose.trigger_deactivate()
    detector.handle_image(_image(3), topics.IMAGE)
    assert pose.statistics.figures().rate_in_hz == 0
    pose.trigger_activate()
    detector.handle_image(_image(4), topics.IMAGE)
    assert pose.statistics.figures().rate_out_hz > 0


def _memory_mib():
    gc.collect()
    line, = (line for line in Path('/proc/self/status').read_text().splitlines() if line.startswith('VmRSS'))
    return int(line.split()[1]) / 1024


def test_memory_does_not_grow(make, tmp_path, monkeypatch):
    """The short version of benchmarks/ros_graph.py: without the network, as that is not ours to leak."""
    for name, value in stand_in_model.install(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(tmp_path)
    _, detector = make(pose_model=stand_in_model.NAME)
    memory = []
    for sec in range(1, 1801):
        detector.handle_image(_image(sec), topics.IMAGE)
        if sec % 600 == 0:
            memory.append(_memory_mib())
    # Each crop has 196 kB: to keep one in a hundred would show.
    assert memory[2] - memory[0] < 2
