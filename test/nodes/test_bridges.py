"""What nodes do without message packages that may be missing, and with them, as processes over real DDS."""

import math
import time

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from rclpy.parameter import Parameter
from std_msgs.msg import Header

from hemlets_ros.msg import PersonBoxArray, Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.detector_node import DetectorNode
from hemlets_ros.nodes.graphs import open_graph
from hemlets_ros.nodes.image_messages import bgr_to_image
from hemlets_ros.nodes.pose_node import PoseNode
from hemlets_ros.nodes.process_group import NodeProcess, ProcessGroup
from hemlets_ros.nodes.qos import LATCHED, NEWEST_RELIABLE, RESULTS
from hemlets_ros.skeleton import JOINT_NAMES

pytestmark = pytest.mark.timeout(900)  # the first of them builds message packages


@pytest.fixture
def make(context):
    nodes = []

    def make(kind, **values):
        nodes.append(kind(context=context, parameter_overrides=[
            Parameter(name, value=value) for name, value in values.items()]))
        return nodes[-1]

    yield make
    for node in nodes:
        node.destroy_node()


def _image(pixels, sec):
    return bgr_to_image(pixels, Header(frame_id='eye', stamp=Time(sec=sec)))


@pytest.fixture
def listen(node):
    """Subscribes to a topic; the messages come in the list."""
    def listen(kind, topic, qos=RESULTS):
        heard = []
        node.create_subscription(kind, topic, heard.append, qos)
        return heard
    return listen


@pytest.fixture
def show(node, spin_until):
    """Publishes messages, twice a second until a condition holds: not all may have found each other yet.

    Not faster: each image is answered by messages that wake the loop, which would publish ever more images.
    """
    publishers = {}

    def show(messages, condition):
        for topic, message in messages.items():
            if topic not in publishers:
                publishers[topic] = node.create_publisher(type(message), topic, NEWEST_RELIABLE)
        spin_until(lambda: all(publishers[topic].get_subscription_count() for topic in messages))

        last_s = -math.inf

        def done():
            nonlocal last_s
            if condition():
                return True
            if time.monotonic() - last_s > 0.5:
                last_s = time.monotonic()
                for topic, message in messages.items():
                    publishers[topic].publish(message)
            return False
        spin_until(done)
    return show


def test_without_the_packages_nothing_else_changes(make):
    pose = make(PoseNode, device='cpu', joint_frames=True, camera_in_map='0 0 1 0 0 0')
    detector = make(DetectorNode, detector='whole-image')
    assert pose.start() and detector.start()
    crops = [message for _, message in detector.process(_image(np.zeros((64, 48, 3), np.uint8), 1))]
    skeletons = [message for _, message in pose.process(crops[1]())]
    assert [type(message() if callable(message) else message).__name__ for message in crops + skeletons] == [
        'PersonBoxArray', 'PersonCropArray', 'Image', 'Skeleton3DArray', 'MarkerArray']


def test_a_detector_of_others_without_vision_msgs_is_an_error(make):
    detector = make(DetectorNode, detections_in=True)
    assert not detector.start()
    assert detector.failure == 'detections_in needs vision_msgs, which is not installed'


def test_a_bad_pose_of_the_camera_is_an_error(make):
    pose = make(PoseNode, camera_in_map='on the table')
    assert not pose.start()
    assert 'camera_in_map must be six numbers' in pose.failure


@pytest.mark.usefixtures('installed_messages')
def test_joints_are_sent_as_tf_frames_and_ids_of_bodies(listen, show, spin_until, clip_images):
    from hri_msgs.msg import IdsList
    from tf2_msgs.msg import TFMessage

    skeletons, frames = listen(Skeleton3DArray, topics.SKELETONS), listen(TFMessage, topics.TF)
    bodies = listen(IdsList, topics.BODIES)
    with open_graph('pose', {'device': 'cpu', 'joint_frames': True, 'camera_in_map': '0 0 1.5 0 0 0'}):
        for sec in (1, 2):
            show({topics.IMAGE: _image(clip_images[sec], sec)}, lambda sec=sec: all(
                heard and _stamp(heard[-1]).sec == sec for heard in (skeletons, frames, bodies)))
        late = listen(TFMessage, topics.TF_STATIC, LATCHED)
        spin_until(lambda: late)

    assert skeletons[-1].header == bodies[-1].header == Header(frame_id='eye', stamp=Time(sec=2))
    assert bodies[-1].ids == [str(person.id) for person in skeletons[-1].skeletons] == ['0', '1']
    by_name = {each.child_frame_id: each for each in frames[-1].transforms}
    assert len(by_name) == len(frames[-1].transforms) == 2 * (1 + len(JOINT_NAMES))
    for person in skeletons[-1].skeletons:
        body = by_name[f'body_{person.id}']
        assert body.header == skeletons[-1].header
        for name, joint in zip(JOINT_NAMES, person.joints, strict=True):
            frame = by_name[f'{name}_{person.id}']
            assert frame.header == Header(frame_id=f'body_{person.id}', stamp=Time(sec=2))
            np.testing.assert_allclose(_place(body) + _place(frame), [joint.x, joint.y, joint.z], atol=1e-9)
    static, = late[0].transforms
    assert (static.header.frame_id, static.child_frame_id) == ('map', 'eye')
    np.testing.assert_allclose(_place(static), [0, 0, 1.5])
    turned = static.transform.rotation
    np.testing.assert_allclose([turned.x, turned.y, turned.z, turned.w], [-0.5, 0.5, -0.5, 0.5], atol=1e-12)


@pytest.mark.usefixtures('installed_messages')
def test_with_several_pose_nodes_the_dispatcher_sends_the_ids_of_all(listen, show, clip_images):
    from hri_msgs.msg import IdsList

    bodies = listen(IdsList, topics.BODIES)
    of_workers = [listen(IdsList, topics.of_worker(topics.BODIES.lstrip('/'), worker)) for worker in (0, 1)]
    with open_graph('pose', {'device': 'cpu', 'pose_workers': 2, 'pose_worker_timeout_s': 600.0}):
        for sec in (1, 2):
            show({topics.IMAGE: _image(clip_images[sec], sec)}, lambda sec=sec: all(
                heard and _stamp(heard[-1]).sec == sec for heard in (bodies, *of_workers)))
    assert [heard[-1].ids for heard in (bodies, *of_workers)] == [['0', '1'], ['0'], ['1']]


@pytest.mark.usefixtures('installed_messages')
def test_a_detector_of_others_feeds_the_graph(listen, show, clip_images):
    from vision_msgs.msg import Detection2D, Detection2DArray, ObjectHypothesisWithPose

    header = Header(frame_id='eye', stamp=Time(sec=1))
    found = Detection2D(header=header)
    found.bbox.center.position.x, found.bbox.center.position.y = 447.5, 180.0
    found.bbox.size_x, found.bbox.size_y = 185.0, 300.0
    result = ObjectHypothesisWithPose()
    result.hypothesis.class_id, result.hypothesis.score = 'person', 0.75
    found.results = [result]
    boxes = listen(PersonBoxArray, topics.BOXES)
    said = listen(Detection2DArray, topics.DETECTIONS_OUT)
    with ProcessGroup([NodeProcess('detector_node', 'detector_node', parameters={
            'detections_in': True, 'tracking': False})]):
        show({topics.IMAGE: _image(clip_images[0], 1),
              topics.DETECTIONS_IN: Detection2DArray(header=header, detections=[found])},
             lambda: boxes and said)
    box, = boxes[0].boxes
    assert boxes[0].header == said[0].header == header
    assert (box.x, box.y, box.width, box.height, box.score) == (355, 30, 185, 300, 0.75)
    only, = said[0].detections
    assert only.bbox == found.bbox
    assert (only.results[0].hypothesis.class_id, only.results[0].hypothesis.score) == ('person', 0.75)


def _stamp(message):
    """Of a message with a header, or of TF's first transform."""
    return (message if hasattr(message, 'header') else message.transforms[0]).header.stamp


def _place(transform):
    place = transform.transform.translation
    return np.array([place.x, place.y, place.z])
