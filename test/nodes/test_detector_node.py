"""The detector node in this process, over real DDS: what it takes, what it forgets."""

import itertools

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.msg import PersonCropArray, Skeleton3D, Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.detector_node import DetectorNode
from hemlets_ros.nodes.diagnostics import status
from hemlets_ros.nodes.image_messages import bgr_to_compressed, bgr_to_image, image_to_bgr
from hemlets_ros.nodes.messages import frame_to_message
from hemlets_ros.nodes.qos import LATCHED, NEWEST, NEWEST_RELIABLE, RESULTS
from hemlets_ros.people import Frame, Person, TrackingState, WeightsInfo
from hemlets_ros.results.palette import SIDE_RGB, bgr
from hemlets_ros.skeleton import INDEX

_PIXELS = np.full((64, 48, 3), 80, np.uint8)


@pytest.fixture
def detector(context, spin_until):
    """Makes a detector node that spins together with the tester."""
    nodes = []

    def make(remappings=None, **values):
        arguments = [word for pair in (remappings or {}).items() for word in ('-r', ':='.join(pair))]
        nodes.append(DetectorNode(context=context, cli_args=['--ros-args', *arguments], parameter_overrides=[
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


def _info(focal_px, width=48, height=64):
    return CameraInfo(width=width, height=height, distortion_model='plumb_bob',
                      k=[focal_px, 0.0, 23.5, 0.0, focal_px, 31.5, 0.0, 0.0, 1.0])


@pytest.fixture
def answer(node, spin_until):
    """Publishes an image on a topic, and gives the crops that come back."""
    heard, number = [], itertools.count(3)

    def ask(topic=topics.IMAGE, pixels=_PIXELS):
        images = node.create_publisher(Image, topic, NEWEST)
        if not heard:
            node.create_subscription(PersonCropArray, topics.CROPS, heard.append, RESULTS)
        spin_until(lambda: images.get_subscription_count() and node.count_publishers(topics.CROPS))
        before = len(heard)
        images.publish(bgr_to_image(pixels, _header(next(number))))
        spin_until(lambda: len(heard) > before)
        return heard[-1]

    return ask


@pytest.mark.parametrize(('detector_of', 'name'), [
    ('open', 'open movenet_multipose.onnx (Apache-2.0)'), ('whole-image', 'whole-image')])
def test_crops_and_diagnostics_say_which_detector(detector, answer, detector_of, name):
    made = detector(detector=detector_of)
    assert answer().detector == name
    assert {entry.key: entry.value for entry in status(made.health()).values}['model'] == name


@pytest.mark.parametrize('latched', [True, False])
@pytest.mark.parametrize('topic', ['camera_info', '/cam/camera_info'])
def test_camera_info_is_heard_beside_the_images_and_latched(
        detector, node, spin_until, answer, topic, latched):
    infos = node.create_publisher(CameraInfo, topic, LATCHED if latched else NEWEST_RELIABLE)
    if latched:
        infos.publish(_info(90.0))  # before anybody listens
    detector(remappings={'image_raw': '/cam/image_raw'})
    if not latched:
        spin_until(infos.get_subscription_count)
        infos.publish(_info(90.0))
    crops = answer('/cam/image_raw')
    assert (crops.camera_info.k[0], crops.intrinsics_assumed) == (90, False)


def test_camera_info_of_its_own_topic_goes_first(detector, node, spin_until, answer):
    detector(remappings={'image_raw': '/cam/image_raw'})
    own, beside = (node.create_publisher(CameraInfo, topic, NEWEST_RELIABLE)
                   for topic in ('camera_info', '/cam/camera_info'))
    spin_until(lambda: own.get_subscription_count() and beside.get_subscription_count())
    own.publish(_info(90.0))
    beside.publish(_info(50.0))
    assert answer('/cam/image_raw').camera_info.k[0] == 90


def test_camera_info_of_another_size_is_scaled_and_of_another_shape_refused(
        detector, node, spin_until, answer):
    detecting = detector()
    infos = node.create_publisher(CameraInfo, topics.CAMERA_INFO, NEWEST_RELIABLE)
    spin_until(infos.get_subscription_count)
    infos.publish(_info(90.0, 96, 128))
    assert answer().camera_info.k[0] == 45
    infos.publish(_info(90.0, 128, 96))
    spin_until(lambda: detecting._info.width == 128)
    images = node.create_publisher(Image, topics.IMAGE, NEWEST)
    spin_until(images.get_subscription_count)
    received = detecting.statistics.figures().rate_in_hz
    images.publish(bgr_to_image(_PIXELS, _header(99)))
    spin_until(lambda: detecting.statistics.figures().rate_in_hz > received)
    infos.publish(_info(90.0))
    spin_until(lambda: detecting._info.width == 48)
    crops = answer()  # the next good one is answered
    assert (crops.camera_info.k[0], crops.header.stamp.sec < 99) == (90, True)


def test_stamps_that_stand_still_are_no_repeats(detector, node, spin_until):
    detector()
    heard = []
    node.create_subscription(PersonCropArray, topics.CROPS, heard.append, RESULTS)
    images = node.create_publisher(Image, topics.IMAGE, NEWEST)
    spin_until(lambda: images.get_subscription_count() and node.count_publishers(topics.CROPS))
    for value in range(3):
        images.publish(bgr_to_image(_PIXELS + np.uint8(value), _header(3)))
        spin_until(lambda value=value: len(heard) > value)
    assert [image_to_bgr(crops.crops[0].image)[128, 128, 0] for crops in heard] == [80, 81, 82]
    assert [crops.crops[0].box.track_id for crops in heard] == [0, 0, 0]


@pytest.mark.parametrize('bad', ['few bytes', 'no jpeg', 'before 1970', 'huge'])
def test_a_bad_image_is_refused_and_the_next_good_one_answered(detector, node, spin_until, answer, bad):
    detecting = detector(max_image_px=10_000)
    image = bgr_to_image(_PIXELS, _header(1))
    if bad == 'few bytes':
        image.data = image.data[:100]
    elif bad == 'no jpeg':
        image.encoding = 'jpeg'
    elif bad == 'before 1970':
        image.header.stamp.sec = -7
    else:
        image = bgr_to_image(np.zeros((101, 100, 3), np.uint8), _header(1))
    images = node.create_publisher(Image, topics.IMAGE, NEWEST)
    spin_until(images.get_subscription_count)
    images.publish(image)
    spin_until(lambda: detecting.statistics.figures().rate_in_hz)
    assert answer().header.stamp.sec == 3


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


def _tracking_state(detector, sec):
    """Of the only person in an image of that second."""
    (_, _), (_, crops), *_ = detector.process(bgr_to_image(_PIXELS, _header(sec)))
    return crops().crops[0].tracking_state


def test_a_bag_that_starts_again_starts_tracking_anew(detector):
    made = detector()
    new, known = Skeleton3D.TRACKING_NEW, Skeleton3D.TRACKING_OK
    assert [_tracking_state(made, sec) for sec in (5, 6, 7, 5, 6)] == [new, known, known, new, known]


def test_simulated_time_is_used_and_its_jump_back_resets(detector, node, spin_until):
    made = detector(use_sim_time=True)
    clock = node.create_publisher(Clock, '/clock', 1)
    spin_until(clock.get_subscription_count)

    def tick(sec):
        clock.publish(Clock(clock=Time(sec=sec)))
        spin_until(lambda: made.get_clock().now().nanoseconds == sec * 10 ** 9)

    tick(50)
    assert _tracking_state(made, 1) == Skeleton3D.TRACKING_NEW
    tick(60)
    assert _tracking_state(made, 2) == Skeleton3D.TRACKING_OK
    tick(50)
    assert _tracking_state(made, 3) == Skeleton3D.TRACKING_NEW
    made.handle_image(bgr_to_image(_PIXELS, _header(48)), topics.IMAGE)
    assert made.statistics.figures().age_s == (2.0, 2.0), 'by the simulated clock'


def test_boxes_are_drawn_while_somebody_looks(detector, node, spin_until):
    made = detector()
    pixels = np.full((240, 180, 3), 80, np.uint8)
    answer = {output.topic_name.lstrip('/'): message
              for output, message in made.process(bgr_to_image(pixels, _header(2)))}
    assert callable(answer[topics.PICTURE]), 'drawn only when it is called'
    pictures = []
    node.create_subscription(Image, topics.PICTURE, pictures.append, NEWEST)
    secs = itertools.count(3)

    def drawn():
        made.handle_image(bgr_to_image(pixels, _header(next(secs))), topics.IMAGE)
        return pictures
    spin_until(drawn)
    picture = image_to_bgr(pictures[0])
    assert pictures[0].header.frame_id == 'eye'
    assert picture.shape == (240, 180, 3)
    assert (picture == 80).mean() > 0.8 and (picture == 255).mean() > 0.005, 'the image with a white box'


@pytest.mark.parametrize(('topic', 'kind'), [
    ('skeleton_image', Image), ('skeleton_image/compressed', CompressedImage)])
def test_skeletons_are_drawn_into_their_image_while_somebody_looks(detector, node, spin_until, topic, kind):
    made = detector(unseen_joints='full')
    images = node.create_publisher(Image, topics.IMAGE, NEWEST_RELIABLE)
    skeletons = node.create_publisher(Skeleton3DArray, topics.SKELETONS, RESULTS)
    crops, drawn = [], []
    node.create_subscription(PersonCropArray, topics.CROPS, crops.append, RESULTS)
    spin_until(lambda: images.get_subscription_count() and node.count_publishers(topics.CROPS))
    images.publish(bgr_to_image(_PIXELS, _header(2)))
    spin_until(lambda: crops)
    assert not skeletons.get_subscription_count(), 'nobody looks'

    node.create_subscription(kind, topic, drawn.append, RESULTS)
    spin_until(lambda: node.count_publishers(topic))
    for second in itertools.count(3):
        images.publish(bgr_to_image(_PIXELS, _header(second)))
        spin_until(lambda second=second: crops[-1].header.stamp.sec == second)
        if skeletons.get_subscription_count():
            break
    joints_px = np.full((18, 2), 20.0)
    joints_px[INDEX['l_wrist']] = (40, 50)
    person = Person(id=1, score=1.0, tracking=TrackingState.OK, box_px=np.array([2.0, 2, 46, 62]),
                    joints_px=joints_px, joints_mm=np.full((18, 3), 3000.0), confidence=np.ones(18),
                    crop_to_image=np.eye(2, 3))
    frame = Frame([person], float(second), Intrinsics.from_fov(48, 64, 60), (48, 64), WeightsInfo('w'))
    skeletons.publish(frame_to_message(frame, _header(1)))  # of an image that is long gone
    images.publish(bgr_to_image(_PIXELS, _header(second + 1)))
    spin_until(lambda: crops[-1].header.stamp.sec == second + 1)
    unusable = frame_to_message(frame, _header(second + 1))
    unusable.skeletons *= 1001  # more than max_message_people
    skeletons.publish(unusable)
    skeletons.publish(frame_to_message(frame, _header(second)))
    spin_until(lambda: drawn)
    picture = image_to_bgr(drawn[0])
    assert drawn[0].header == _header(second) and picture.shape == (64, 48, 3)
    assert np.abs(picture[50, 40].astype(int) - bgr(SIDE_RGB['left'])).max() < 60
    assert np.abs(picture[55, 10].astype(int) - 80).max() < 20
    assert made.statistics.figures().refused == 0, 'images that could not be drawn have been processed'
