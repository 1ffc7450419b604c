import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from std_msgs.msg import Header
from visualization_msgs.msg import Marker, MarkerArray

pytest.importorskip('scipy')
sys.path.insert(0, str(Path(__file__).parents[1] / 'body'))

from posed_people import walking_frames
from rclpy.parameter import Parameter

from hemlets_ros.body.body_mesh import body_mesh, skin_mm
from hemlets_ros.nodes import pose_node, topics
from hemlets_ros.nodes.mesh_markers import mesh_markers
from hemlets_ros.nodes.messages import crops_to_messages
from hemlets_ros.nodes.qos import RESULTS
from hemlets_ros.people import PersonCrops

_FRAME = walking_frames(1)[0]
_HEADER = Header(frame_id='eye', stamp=Time(sec=3))


def test_a_body_is_a_list_of_triangles_in_metres_in_the_cameras_frame():
    person, = _FRAME.people
    without = dataclasses.replace(person, id=9, body=None)
    clear, marker = mesh_markers(dataclasses.replace(_FRAME, people=[person, without]), _HEADER).markers
    assert (clear.action, clear.header, marker.header) == (Marker.DELETEALL, _HEADER, _HEADER)
    assert (marker.type, marker.id, marker.pose.orientation.w) == (Marker.TRIANGLE_LIST, person.id, 1)
    assert (marker.scale.x, marker.scale.y, marker.scale.z) == (1, 1, 1)
    points = np.array([(point.x, point.y, point.z) for point in marker.points])
    np.testing.assert_allclose(points, skin_mm(person.body)[body_mesh().triangles].reshape(-1, 3) / 1000)


def _crops(sec):
    crops = PersonCrops([], float(sec), _FRAME.intrinsics, _FRAME.image_size_px, 0.0)
    return crops_to_messages(crops, Header(frame_id='eye', stamp=Time(sec=sec)))[1]


@pytest.fixture
def posing(context, spin_until, monkeypatch):
    """An active pose node with bodies, for which every message shows the same person; and what it made."""
    made, posed = [], []

    def counted(frame, header):
        made.append(header.stamp.sec)
        return mesh_markers(frame, header)

    monkeypatch.setattr(pose_node, 'mesh_markers', counted)
    node = pose_node.PoseNode(context=context, parameter_overrides=[
        Parameter('device', value='cpu'), Parameter('body', value=True)])
    assert node.start()
    monkeypatch.setattr(node._pipeline, 'pose', lambda crops: posed.append(1) or _FRAME)
    spin_until.executor.add_node(node)
    yield node, made, posed
    spin_until.executor.remove_node(node)
    node.destroy_node()


def test_meshes_are_made_only_while_somebody_subscribes(posing, node, spin_until):
    pose, made, posed = posing
    pose.take(_crops(3))
    assert (made, posed) == ([], [1])
    heard = []
    node.create_subscription(MarkerArray, topics.BODY_MESHES, heard.append, RESULTS)
    spin_until(lambda: node.count_publishers(topics.BODY_MESHES)
               and pose.count_subscribers(topics.BODY_MESHES))
    second = 4

    def published():
        nonlocal second
        second += 1
        pose.take(_crops(second))
        return heard

    spin_until(published)
    assert [marker.type for marker in heard[0].markers[1:]] == [Marker.TRIANGLE_LIST]
    assert heard[0].markers[0].header.frame_id == 'eye' and made
