"""What nodes do without message packages that may be missing, and with them, as processes over real DDS."""

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from rclpy.parameter import Parameter
from std_msgs.msg import Header

from hemlets_ros.msg import PersonBoxArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.detector_node import DetectorNode
from hemlets_ros.nodes.image_messages import bgr_to_image
from hemlets_ros.nodes.pose_node import PoseNode
from hemlets_ros.nodes.process_group import NodeProcess, ProcessGroup

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


def test_without_the_packages_nothing_else_changes(make):
    pose = make(PoseNode, device='cpu', camera_in_map='0 0 1 0 0 0')
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
