"""The detector node in this process, over real DDS: what it takes, what it forgets."""

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from hemlets_ros.msg import PersonCropArray
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from hemlets_ros.nodes import topics
from hemlets_ros.nodes.detector_node import DetectorNode
from hemlets_ros.nodes.images import bgr_to_compressed, bgr_to_image, image_to_bgr
from hemlets_ros.nodes.qos import NEWEST, RESULTS

_PIXELS = np.full((64, 48, 3), 80, np.uint8)


@pytest.fixture
def detector(context, spin_until):
    """Makes a detector node that spins together with the tester."""
    nodes = []

    def make(**values):
        nodes.append(DetectorNode(context=context, parameter_overrides=[
            Parameter(name, value=value) for name, value in {'detector': 'whole-image', **values}.items()]))
        assert nodes[-1].start()
        spin_until.executor.add_node(nodes[-1])
        return nodes[-1]

    yield make
    for node in nodes:
        spin_until.executor.remove_node(node)
        node.destroy_node()


def _header(sec):
    return Header(stamp=Time(sec=sec), frame_id='eye')


@pytest.mark.parametrize('reliability', ['BEST_EFFORT', 'RELIABLE'])
def test_cameras_of_either_reliability_are_heard(detector, node, spin_until, reliability):
    detector()
    heard = []
    node.create_subscription(PersonCropArray, topics.CROPS, heard.append, RESULTS)
    images = node.create_publisher(Image, topics.IMAGE, QoSProfile(
        depth=1, reliability=QoSReliabilityPolicy[reliability]))
    spin_until(lambda: images.get_subscription_count() and node.count_publishers(topics.CROPS))
    images.publish(bgr_to_image(_PIXELS, _header(3)))
    spin_until(lambda: heard)
    assert heard[0].header == _header(3)


@pytest.mark.parametrize('reliability', ['BEST_EFFORT', 'RELIABLE'])
def test_crops_are_sent_to_subscribers_of_either_reliability(detector, node, spin_until, reliability):
    detector()
    heard = []
    node.create_subscription(PersonCropArray, topics.CROPS, heard.append, QoSProfile(
        depth=1, reliability=QoSReliabilityPolicy[reliability]))
    images = node.create_publisher(Image, topics.IMAGE, NEWEST)
    spin_until(lambda: images.get_subscription_count() and node.count_publishers(topics.CROPS))
    images.publish(bgr_to_image(_PIXELS, _header(3)))
    spin_until(lambda: heard)


@pytest.mark.parametrize('kind', ['jpeg', 'png'])
def test_compressed_images_are_taken(detector, node, spin_until, kind):
    detector(image_transport='compressed')
    heard = []
    node.create_subscription(PersonCropArray, topics.CROPS, heard.append, RESULTS)
    images = node.create_publisher(CompressedImage, f'{topics.IMAGE}/compressed', NEWEST)
    spin_until(lambda: images.get_subscription_count() and node.count_publishers(topics.CROPS))
    assert node.count_subscribers(topics.IMAGE) == 0
    images.publish(bgr_to_compressed(_PIXELS, _header(3), kind))
    spin_until(lambda: heard)
    assert heard[0].header == _header(3)
    assert (heard[0].camera_info.width, heard[0].camera_info.height) == (48, 64)
    assert (np.abs(np.array(heard[0].crops[0].image.data[256 * 3 * 128 + 3 * 128:][:3]) - 80.0) < 3).all()


def test_qos_can_be_overridden_for_one_topic_only(detector, spin_until):
    made = detector(**{'qos_overrides./image_raw.subscription.depth': 7,
                       'qos_overrides./image_raw.subscription.reliability': 'reliable'})
    spin_until(lambda: all(made.get_subscriptions_info_by_topic(name)
                           for name in (topics.IMAGE, topics.CAMERA_INFO)))
    image, = made.get_subscriptions_info_by_topic(topics.IMAGE)
    info, = made.get_subscriptions_info_by_topic(topics.CAMERA_INFO)
    assert image.qos_profile.reliability == QoSReliabilityPolicy.RELIABLE
    assert info.qos_profile.reliability == QoSReliabilityPolicy.BEST_EFFORT
    assert made.get_parameter('qos_overrides./camera_info.subscription.depth').value == 1
    assert (NEWEST.depth, NEWEST.reliability) == (1, QoSReliabilityPolicy.BEST_EFFORT)


def test_a_bag_that_starts_again_starts_tracking_anew(detector):
    made = detector()
    tracker = made._finder._tracker
    for sec in (5, 6, 7):
        made.process(bgr_to_image(_PIXELS, _header(sec)))
    assert made._finder._tracker is tracker
    made.process(bgr_to_image(_PIXELS, _header(5)))
    assert made._finder._tracker is not tracker


def test_simulated_time_is_used_and_its_jump_back_resets(detector, node, spin_until):
    made = detector(use_sim_time=True)
    clock = node.create_publisher(Clock, '/clock', 1)
    spin_until(clock.get_subscription_count)
    tracker = made._finder._tracker

    def tick(sec):
        clock.publish(Clock(clock=Time(sec=sec)))
        spin_until(lambda: made.get_clock().now().nanoseconds == sec * 10 ** 9)

    tick(50)
    tick(60)
    assert made._finder._tracker is tracker
    tick(50)
    assert made._finder._tracker is not tracker
    made.answer(bgr_to_image(_PIXELS, _header(48)), topics.IMAGE)
    assert made.traffic.figures().age_s == (2.0, 2.0), 'by the simulated clock'


def test_boxes_are_drawn_while_somebody_looks(detector, node, spin_until):
    made = detector()
    pixels = np.full((240, 180, 3), 80, np.uint8)
    answer = {output.topic_name.lstrip('/'): message
              for output, message in made.process(bgr_to_image(pixels, _header(2)))}
    assert callable(answer[topics.PICTURE]), 'drawn only when it is called'
    message = bgr_to_image(pixels, _header(3))
    pictures = []
    node.create_subscription(Image, topics.PICTURE, pictures.append, NEWEST)
    spin_until(lambda: made._picture.get_subscription_count())
    made.answer(message, topics.IMAGE)
    spin_until(lambda: pictures)
    picture = image_to_bgr(pictures[0])
    assert pictures[0].header == message.header
    assert picture.shape == (240, 180, 3)
    assert (picture == 80).mean() > 0.8 and (picture == 255).mean() > 0.005, 'the image with a white box'
