import dataclasses

import numpy as np
from std_msgs.msg import Header
from visualization_msgs.msg import Marker

from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.nodes.markers import markers
from hemlets_ros.people import Body, Frame, Person, TrackingState, WeightsInfo
from hemlets_ros.skeleton import BONES

_HEADER = Header(frame_id='camera')
_PERSON = Person(
    id=3, score=1.0, tracking=TrackingState.OK, box_px=np.zeros(4), joints_px=np.zeros((18, 2)),
    joints_mm=np.arange(54.0).reshape(18, 3) * 1000, confidence=np.ones(18),
    crop_to_image=np.zeros((2, 3)))


def _frame(people):
    return Frame(people, 0.0, Intrinsics(np.eye(3)), (10, 10), WeightsInfo('w'))


def test_bones_and_joints_are_in_metres_in_the_cameras_frame():
    clear, bones, joints, label = markers(_frame([_PERSON]), _HEADER).markers
    assert clear.action == Marker.DELETEALL
    assert (bones.type, joints.type, label.type) == (
        Marker.LINE_LIST, Marker.SPHERE_LIST, Marker.TEXT_VIEW_FACING)
    points = np.array([(p.x, p.y, p.z) for p in bones.points])
    np.testing.assert_allclose(points, np.arange(54.0).reshape(18, 3)[BONES].reshape(-1, 3))
    np.testing.assert_allclose([(p.x, p.y, p.z) for p in joints.points], np.arange(54.0).reshape(18, 3))
    assert label.text == '3'
    for marker in (clear, bones, joints, label):
        assert marker.header == _HEADER
    for marker in (bones, joints, label):
        assert marker.pose.orientation.w == 1
        assert marker.id == 3
    assert len(bones.colors) == len(bones.points)
    assert len(joints.colors) == len(joints.points)


def test_left_and_right_have_their_colours():
    _, _, joints, _ = markers(_frame([_PERSON]), _HEADER).markers
    left, right, centre = ((c.r, c.g, c.b) for c in (joints.colors[4], joints.colors[1], joints.colors[0]))
    assert left[2] > left[0], 'left is blue'
    assert right[0] > right[2], 'right is orange'
    assert len({left, right, centre}) == 3


def test_each_person_has_markers_of_their_own():
    other = dataclasses.replace(_PERSON, id=-1)
    keys = [(m.ns, m.id) for m in markers(_frame([_PERSON, other]), _HEADER).markers[1:]]
    assert len(set(keys)) == 6


def test_nobody_leaves_no_ghost():
    only, = markers(_frame([]), _HEADER).markers
    assert only.action == Marker.DELETEALL


def test_joints_that_are_not_seen_are_faint_or_left_out():
    visibility = np.ones(18)
    visibility[[5, 6]] = 0.0  # the left knee and ankle
    person = dataclasses.replace(_PERSON, visibility=visibility)
    _, bones, joints, _ = markers(_frame([person]), _HEADER).markers
    opacities = [round(colour.a, 2) for colour in joints.colors]
    assert opacities == [0.3 if joint in (5, 6) else 1.0 for joint in range(18)]
    assert sum(colour.a < 1 for colour in bones.colors) == 2 * 2
    _, bones, joints, _ = markers(_frame([person]), _HEADER, 'hidden').markers
    assert len(joints.points) == len(joints.colors) == 16
    assert len(bones.points) == len(bones.colors) == 2 * 15
    _, bones, joints, _ = markers(_frame([person]), _HEADER, 'full').markers
    assert {colour.a for colour in [*joints.colors, *bones.colors]} == {1.0}


def test_extra_joints_of_bodies_are_spheres_of_their_own():
    places = np.arange(36.0).reshape(12, 3)
    body = Body(np.zeros(3), np.zeros((24, 4)), np.zeros((24, 3)), 1.8, {}, 1000 * places)
    _, _, _, extra, label = markers(_frame([dataclasses.replace(_PERSON, body=body)]), _HEADER).markers
    assert (extra.ns, extra.type, extra.id, label.text) == ('extra_joints', Marker.SPHERE_LIST, 3, '3')
    np.testing.assert_allclose([(p.x, p.y, p.z) for p in extra.points], places)
    left, right = extra.colors[:2]
    assert left.b > left.r and right.r > right.b, 'left is blue, right is orange'
