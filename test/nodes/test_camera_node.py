"""The camera node in this process: a bag played without loss."""

import json
import threading

import cv2
import numpy as np
import pytest
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from hemlets_ros.errors import SourceError
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.camera_node import CameraNode
from hemlets_ros.nodes.image_bag import ImageBag
from hemlets_ros.nodes.image_messages import image_to_bgr
from hemlets_ros.nodes.messages import ns_to_stamp, stamp_to_ns
from hemlets_ros.nodes.qos import RESULTS

_START_NS = 1_700_000_000_123_456_789
_STAMPS_NS = [_START_NS + index * 40_000_001 for index in range(4)]
_IMAGES = [np.full((24, 32, 3), 10 * index, np.uint8) for index in range(4)]


@pytest.fixture
def bag(tmp_path):
    path = tmp_path / 'bag.mcap'
    with ImageBag(path, '/camera/image_raw', 'png', 'eye', Intrinsics.from_fov(32, 24, 60)) as bag:
        for image, stamp_ns in zip(_IMAGES, _STAMPS_NS, strict=True):
            bag.append(image, stamp_ns)
    return path


@pytest.fixture
def camera(context, spin_until):
    nodes = []

    def make(**values):
        nodes.append(CameraNode(context=context, parameter_overrides=[
            Parameter(name, value=value) for name, value in values.items()]))
        spin_until.executor.add_node(nodes[-1])
        return nodes[-1]

    yield make
    for node in nodes:
        spin_until.executor.remove_node(node)
        node.destroy_node()


def test_a_bag_is_played_without_loss_under_its_own_stamps(bag, camera, node, spin_until):
    made = camera(source=str(bag), lossless='recorded', retry_s=0.2, clock=True)
    heard, infos, ticks = [], [], []
    node.create_subscription(Clock, '/clock', ticks.append, RESULTS)
    node.create_subscription(Image, topics.IMAGE, heard.append, RESULTS)
    node.create_subscription(CameraInfo, topics.CAMERA_INFO, infos.append, RESULTS)
    recorded = node.create_publisher(Header, topics.RECORDED, RESULTS)
    assert made.start()
    for stamp_ns, image in zip(_STAMPS_NS, _IMAGES, strict=True):
        spin_until(lambda: heard)
        # It waits for the answer, sending the same again, however long that takes.
        before = len(heard)
        spin_until(lambda before=before: len(heard) > before)
        assert {stamp_to_ns(message.header.stamp) for message in heard} == {stamp_ns}
        np.testing.assert_array_equal(image_to_bgr(heard[0]), image)
        assert heard[0].header.frame_id == 'eye'
        answer = heard[0].header

        def on_its_way(stamp_ns=stamp_ns, answer=answer):
            recorded.publish(answer)
            return made.done.done() or stamp_to_ns(heard[-1].header.stamp) > stamp_ns
        spin_until(on_its_way)
        heard[:] = [message for message in heard if stamp_to_ns(message.header.stamp) > stamp_ns]
    assert made.done.result()
    assert infos[0].k[0] == pytest.approx(Intrinsics.from_fov(32, 24, 60).matrix[0, 0])
    assert infos[0].header.stamp == ns_to_stamp(_START_NS)
    assert {stamp_to_ns(tick.clock) for tick in ticks} == set(_STAMPS_NS)


@pytest.mark.parametrize('refused', [{1, 2}, {0, 1, 2, 3}])
def test_without_loss_is_not_for_ever_where_images_are_refused(bag, camera, node, spin_until, tmp_path,
                                                               refused):
    made = camera(source=str(bag), lossless='recorded', retry_s=0.2, report=str(tmp_path / 'report.json'))
    publishers = {topic: node.create_publisher(Header, topic, RESULTS)
                  for topic in (topics.RECORDED, topics.REFUSED)}

    def answer(image):
        index = _STAMPS_NS.index(stamp_to_ns(image.header.stamp))
        publishers[topics.REFUSED if index in refused else topics.RECORDED].publish(image.header)
    assert made.start()
    spin_until(lambda: all(publisher.get_subscription_count() for publisher in publishers.values()))
    node.create_subscription(Image, topics.IMAGE, answer, RESULTS)
    spin_until(made.done.done)
    if len(refused) == len(_IMAGES):
        with pytest.raises(SourceError, match='every image was refused'):
            made.done.result()
    else:
        assert made.done.result()
        report = json.loads((tmp_path / 'report.json').read_text())
        assert (report['images'], report['refused']) == (4, 2)


def test_an_inactive_camera_is_let_go_and_starts_anew(tmp_path, camera, node, spin_until):
    for index, image in enumerate(_IMAGES):
        cv2.imwrite(str(tmp_path / f'{index}.png'), image)
    made = camera(source=str(tmp_path), lossless='recorded')
    heard = []
    node.create_subscription(Image, topics.IMAGE, heard.append, RESULTS)
    for _ in range(2):
        assert made.start() if made.state == 'unconfigured' else \
            made.trigger_activate() == TransitionCallbackReturn.SUCCESS
        spin_until(lambda: heard)
        np.testing.assert_array_equal(image_to_bgr(heard[0]), _IMAGES[0])
        assert made.trigger_deactivate() == TransitionCallbackReturn.SUCCESS
        assert 'source' not in {thread.name for thread in threading.enumerate()}
        heard.clear()


def test_a_camera_that_is_not_there_fails_the_activation(camera):
    made = camera(source='97', autostart=False)
    assert made.trigger_configure() == TransitionCallbackReturn.SUCCESS
    assert made.trigger_activate() == TransitionCallbackReturn.FAILURE
    assert 'camera 97 cannot be opened' in made.failure
    assert made.state == 'inactive'
