"""config/hemlets.rviz against what nodes publish."""

from pathlib import Path

import pytest
import yaml
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.qos import QoSReliabilityPolicy
from sensor_msgs.msg import Image
from visualization_msgs.msg import MarkerArray

from hemlets_ros.nodes.detector_node import DetectorNode
from hemlets_ros.nodes.pose_node import PoseNode
from hemlets_ros.settings import PublishingSettings

_MANAGER = yaml.safe_load((Path(__file__).parents[2] / 'config' / 'hemlets.rviz').read_text())[
    'Visualization Manager']
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
    assert shown == {name for name, kind in published.items() if kind in _SHOWS.values()}


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

    from hemlets_ros.nodes.images import bgr_to_image

    detector = DetectorNode(context=context, parameter_overrides=[Parameter('detector', value='whole-image')])
    pose = PoseNode(context=context, parameter_overrides=[Parameter('device', value='cpu')])
    assert detector.start() and pose.start()
    crops = detector.process(bgr_to_image(np.zeros((64, 48, 3), np.uint8), Header()))[1][1]
    drawn = {marker.ns for marker in pose.process(crops)[1][1]().markers} - {''}
    display, = (each for each in _MANAGER['Displays'] if each['Class'].endswith('MarkerArray'))
    assert display['Namespaces'] == dict.fromkeys(drawn, True)
    detector.destroy_node()
    pose.destroy_node()
