"""config/hemlets.rviz and config/hemlets.foxglove.json against what nodes publish."""

import json
from pathlib import Path

import pytest
import yaml
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.qos import QoSReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image
from visualization_msgs.msg import MarkerArray

from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.detector_node import DetectorNode
from hemlets_ros.nodes.mesh_markers import NAMESPACE as BODIES_NAMESPACE
from hemlets_ros.nodes.pose_node import PoseNode
from hemlets_ros.settings import PublishingSettings

_CONFIG = Path(__file__).parents[2] / 'config'
_MANAGER = yaml.safe_load((_CONFIG / 'hemlets.rviz').read_text())['Visualization Manager']
_FOXGLOVE = json.loads((_CONFIG / 'hemlets.foxglove.json').read_text())
_PANELS = _FOXGLOVE['configById']
#: Display -> the message that it shows; None: it has no topic.
_SHOWS = {'rviz_default_plugins/Grid': None, 'rviz_default_plugins/TF': None,
          'rviz_default_plugins/Image': Image, 'rviz_default_plugins/MarkerArray': MarkerArray}


@pytest.fixture
def published(context):
    """Topic -> type, of what detector and pose node publish."""
    nodes = [DetectorNode(context=context), PoseNode(context=context)]
    for node in nodes:
        assert node.trigger_configure() == TransitionCallbackReturn.SUCCESS
    yield {publisher.topic_name: publisher.msg_type for node in nodes for publisher in node.publishers}
    for node in nodes:
        node.destroy_node()


@pytest.mark.parametrize('display', _MANAGER['Displays'], ids=lambda display: display['Name'])
def test_every_display_shows_what_is_published(display, published):
    kind = _SHOWS[display['Class']]
    assert display['Enabled'] and display['Value']
    if kind is None:
        assert 'Topic' not in display
        return
    assert published[display['Topic']['Value']] == kind


def test_everything_that_can_be_seen_is_shown(published):
    shown = {display['Topic']['Value'] for display in _MANAGER['Displays'] if 'Topic' in display}
    # Boxes and ids are in skeleton_image, too.
    assert shown | {f'/{topics.PICTURE}'} == {
        name for name, kind in published.items() if kind in _SHOWS.values()}


def test_displays_take_what_the_topics_offer():
    # Publishers are reliable and volatile: any subscriber but a transient-local one fits.
    for display in _MANAGER['Displays']:
        if 'Topic' in display:
            assert display['Topic']['Durability Policy'] == 'Volatile'
            policy = display['Topic']['Reliability Policy'].upper().replace(' ', '_')
            assert QoSReliabilityPolicy[policy]


def test_the_fixed_frame_is_the_cameras():
    assert _MANAGER['Global Options']['Fixed Frame'] == PublishingSettings().frame_id


def test_namespaces_of_markers_are_ours(context):
    import numpy as np
    from std_msgs.msg import Header

    from hemlets_ros.nodes.image_messages import bgr_to_image

    detector = DetectorNode(context=context, parameter_overrides=[Parameter('detector', value='whole-image')])
    pose = PoseNode(context=context, parameter_overrides=[Parameter('device', value='cpu')])
    assert detector.start() and pose.start()
    crops = detector.process(bgr_to_image(np.zeros((64, 48, 3), np.uint8), Header()))[1][1]()
    drawn = {marker.ns for marker in pose.process(crops)[1][1]().markers} - {''}
    display, = (each for each in _MANAGER['Displays'] if each['Name'] == 'Skeletons')
    assert display['Namespaces'] == dict.fromkeys(drawn, True)
    display, = (each for each in _MANAGER['Displays'] if each['Name'] == 'Bodies')
    assert display['Namespaces'] == {BODIES_NAMESPACE: True}
    detector.destroy_node()
    pose.destroy_node()


#: Panel of Foxglove's layout -> the topic that it shows, and the message that such a panel takes.
_TOPICS = {
    '3D!people': (next(iter(_PANELS['3D!people']['topics'])), MarkerArray),
    'Image!skeletons': (_PANELS['Image!skeletons']['imageMode']['imageTopic'], CompressedImage),
    'RawMessages!skeletons': (_PANELS['RawMessages!skeletons']['topicPath'], Skeleton3DArray),
    'DiagnosticSummary!nodes': (_PANELS['DiagnosticSummary!nodes']['topicToRender'], DiagnosticArray),
    'Plot!durations': (_PANELS['Plot!durations']['paths'][0]['value'].partition('.')[0], Skeleton3DArray)}


@pytest.mark.parametrize('panel', _PANELS)
def test_every_panel_shows_what_is_published(panel, published):
    topic, kind = _TOPICS[panel]
    assert published[topic] == kind
    assert {topic, topic.lstrip('/')} & topics.ABOUT.keys()


def test_every_panel_has_its_place():
    def names(place):
        return [place] if isinstance(place, str) else names(place['first']) + names(place['second'])

    assert sorted(names(_FOXGLOVE['layout'])) == sorted(_PANELS)


def test_curves_are_fields_of_the_message():
    for path in _PANELS['Plot!durations']['paths']:
        topic, _, field = path['value'].partition('.')
        assert topic == f'/{topics.SKELETONS}' and path['enabled']
        assert Skeleton3DArray.get_fields_and_field_types()[field] == 'float'


def test_the_people_are_seen_in_the_frame_of_the_camera():
    panel, frame_id = _PANELS['3D!people'], PublishingSettings().frame_id
    assert (panel['followTf'], panel['layers']['floor']['frameId']) == (frame_id, frame_id)
    assert panel['topics'] == {f'/{topics.MARKERS}': {'visible': True}}
