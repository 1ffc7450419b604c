import numpy as np
import pytest
from std_msgs.msg import Header

from hemlets_ros.errors import SettingsError
from hemlets_ros.geometry.camera_pose import parse_pose
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.nodes.tf import camera_in_map, joint_frames
from hemlets_ros.people import Frame, Person, TrackingState, WeightsInfo
from hemlets_ros.skeleton import INDEX, JOINT_NAMES

_HEADER = Header(frame_id='eye')
_JOINTS_MM = np.random.default_rng(0).normal(size=(18, 3)) * 1000


def _frame(*ids):
    return Frame([Person(
        id=each, score=1.0, tracking=TrackingState.OK, box_px=np.zeros(4), joints_px=np.zeros((18, 2)),
        joints_mm=_JOINTS_MM, confidence=np.ones(18), crop_to_image=np.zeros((2, 3))) for each in ids],
        0.0, Intrinsics(np.eye(3)), (10, 10), WeightsInfo('w'))


def _matrix(transform):
    q = transform.rotation
    x, y, z, w = q.x, q.y, q.z, q.w
    rotation = np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]])
    t = transform.translation
    return rotation, np.array([t.x, t.y, t.z])


def test_joints_are_frames_under_their_body(foreign_messages):
    message = joint_frames(_frame(7, -1), _HEADER, foreign_messages('tf2_msgs'))
    by_name = {each.child_frame_id: each for each in message.transforms}
    assert by_name.keys() == {'body_7', *(f'{name}_7' for name in JOINT_NAMES)}, 'none for the untracked'
    assert by_name['body_7'].header == _HEADER
    body = _matrix(by_name['body_7'].transform)[1]
    wrist = by_name['l_wrist_7']
    assert wrist.header.frame_id == 'body_7'
    np.testing.assert_allclose(body + _matrix(wrist.transform)[1], _JOINTS_MM[INDEX['l_wrist']] / 1000)
    assert all(each.transform.rotation.w == 1 for each in message.transforms)


def test_an_upright_camera_looks_along_the_maps_x(foreign_messages):
    message = camera_in_map('1 2 1.5 0 0 0', _HEADER, foreign_messages('tf2_msgs'))
    transform, = message.transforms
    assert (transform.header.frame_id, transform.child_frame_id) == ('map', 'eye')
    rotation, place = _matrix(transform.transform)
    np.testing.assert_allclose(place, [1, 2, 1.5])
    # Optical right, down, forward are the map's -y, -z, x.
    np.testing.assert_allclose(rotation, np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0.0]]), atol=1e-12)


@pytest.mark.parametrize(('rpy', 'forward', 'right'), [
    ((0, 0, np.pi / 2), (0, 1, 0), (1, 0, 0)),  # turned to the left
    ((0, np.pi / 2, 0), (0, 0, -1), (0, -1, 0)),  # looking down
    ((np.pi / 2, 0, 0), (1, 0, 0), (0, 0, -1)),  # tilted clockwise
    ((np.pi / 2, 0, np.pi / 2), (0, 1, 0), (0, 0, -1))])  # roll first, then yaw
def test_the_camera_turns_as_rep_103_says(rpy, forward, right, foreign_messages):
    text = ' '.join(map(str, (0, 0, 0, *rpy)))
    transform, = camera_in_map(text, _HEADER, foreign_messages('tf2_msgs')).transforms
    rotation, _ = _matrix(transform.transform)
    np.testing.assert_allclose(rotation @ [0, 0, 1], forward, atol=1e-12)
    np.testing.assert_allclose(rotation @ [1, 0, 0], right, atol=1e-12)


@pytest.mark.parametrize('text', ['', '1 2 3', '1 2 3 4 5 six', '0 0 0 0 0 nan', '0 0 0 0 0 0 0'])
def test_a_bad_pose_is_refused(text):
    with pytest.raises(SettingsError, match='camera_in_map must be six numbers "x y z roll pitch yaw"'):
        parse_pose(text)
