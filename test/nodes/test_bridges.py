"""What nodes do with message packages that may be missing. Publishers of such messages only take notes."""

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from rclpy.parameter import Parameter
from std_msgs.msg import Header

from hemlets_ros.nodes import topics
from hemlets_ros.nodes.detector_node import DetectorNode
from hemlets_ros.nodes.images import bgr_to_image
from hemlets_ros.nodes.pose_node import PoseNode

_FOREIGN = ('tf2_msgs', 'hri_msgs', 'vision_msgs')


class _Notes:
    """In the place of a publisher or subscription."""

    def __init__(self):
        self.messages = []

    def publish(self, message):
        self.messages.append(message)


@pytest.fixture
def make(context, monkeypatch):
    nodes = []

    def make(kind, **values):
        node = kind(context=context, parameter_overrides=[
            Parameter(name, value=value) for name, value in values.items()])
        node.notes = {}
        send, hear = node.send, node.hear

        def noting_send(message, topic, qos, **options):
            if message.__module__.split('.')[0] in _FOREIGN:
                return node.notes.setdefault(topic, _Notes())
            return send(message, topic, qos, **options)

        def noting_hear(message, topic, callback, qos):
            if message.__module__.split('.')[0] in _FOREIGN:
                node.notes[topic] = callback
            else:
                hear(message, topic, callback, qos)

        node.send, node.hear = noting_send, noting_hear
        nodes.append(node)
        return node

    yield make
    for node in nodes:
        node.destroy_node()


def _image(pixels, sec):
    return bgr_to_image(pixels, Header(frame_id='eye', stamp=Time(sec=sec)))


def _made(answer):
    """The messages that are sent where somebody listens to all."""
    return [message() if callable(message) else message for _, message in answer]


def test_without_the_packages_nothing_else_changes(make):
    pose = make(PoseNode, device='cpu', joint_frames=True, camera_in_map='0 0 1 0 0 0')
    detector = make(DetectorNode, detector='whole-image')
    assert pose.start() and detector.start()
    crops = detector.process(_image(np.zeros((64, 48, 3), np.uint8), 1))
    skeletons = pose.process(crops[1][1])
    assert [type(message).__name__ for message in _made(crops)] == [
        'PersonBoxArray', 'PersonCropArray', 'Image']
    assert [type(message).__name__ for message in _made(skeletons)] == ['Skeleton3DArray', 'MarkerArray']


def test_a_detector_of_others_without_vision_msgs_is_an_error(make):
    detector = make(DetectorNode, detections_in=True)
    assert not detector.start()
    assert detector.failure == 'detections_in needs vision_msgs, which is not installed here'


def test_a_bad_place_of_the_camera_is_an_error(make):
    pose = make(PoseNode, camera_in_map='on the table')
    assert not pose.start()
    assert 'camera_in_map must be six numbers' in pose.failure


def test_tf_and_ids_of_bodies(make, foreign_messages, clip_images):
    foreign_messages('tf2_msgs'), foreign_messages('hri_msgs')
    pose = make(PoseNode, device='cpu', joint_frames=True, camera_in_map='0 0 1 0 0 0')
    detector = make(DetectorNode)
    assert pose.start() and detector.start()
    for sec, pixels in ((1, clip_images[0]), (2, clip_images[1])):
        (_, _), (_, crops), *_ = detector.process(_image(pixels, sec))
        pose.answer(crops, topics.CROPS)
    bodies = pose.notes[topics.BODIES].messages
    assert [message.ids for message in bodies] == [['0', '1'], ['0', '1']]
    assert bodies[1].header == Header(frame_id='eye', stamp=Time(sec=2))
    frames = pose.notes[topics.TF].messages
    assert len(frames) == 2
    assert {'body_0', 'head_top_1'} < {each.child_frame_id for each in frames[1].transforms}
    static, = pose.notes[topics.TF_STATIC].messages
    assert static.transforms[0].child_frame_id == 'eye'


def test_a_detector_of_others_feeds_the_graph(make, foreign_messages, clip_images):
    vision = foreign_messages('vision_msgs')
    detector = make(DetectorNode, detections_in=True, tracking=False)
    assert detector.start()
    answers = []
    detector.answer = lambda message, topic: answers.append(detector.process(message))
    found = vision.Detection2D()
    found.bbox.center.position.x, found.bbox.center.position.y = 447.5, 180.0
    found.bbox.size_x, found.bbox.size_y = 185.0, 300.0
    detections = vision.Detection2DArray(header=Header(frame_id='eye', stamp=Time(sec=1)), detections=[found])
    detector._on_image(_image(clip_images[0], 1), {})
    assert answers == []
    detector.notes[topics.DETECTIONS_IN](detections)
    sent = {type(message).__name__: message for message in _made(answers[0])}
    box, = sent['PersonBoxArray'].boxes
    assert (box.x, box.y, box.width, box.height) == (355, 30, 185, 300)
    said, = sent['Detection2DArray'].detections
    assert said.bbox == found.bbox
