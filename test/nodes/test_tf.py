import numpy as np
import pytest
from std_msgs.msg import Header

from hemlets_ros.body.person_chain import PersonChain
from hemlets_ros.errors import SettingsError
from hemlets_ros.nodes.tf import body_frames, camera_in_map, parse_pose

_HEADER = Header(frame_id='eye')
_JOINTS_MM = np.random.default_rng(0).normal(size=(18, 3)) * 1000


def _matrix(transform):
    q = transform.rotation
    x, y, z, w = q.x, q.y, q.z, q.w
    rotation = np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]])
    t = transform.translation
    return rotation, np.array([t.x, t.y, t.z])


def test_links_are_frames_as_the_urdf_has_them():
    """Against the kinematics of the chain; `test_human_bodies` has them against joints, over DDS."""
    chain = PersonChain('abcde')
    pose, _ = chain.update(_JOINTS_MM)
    body, *links = body_frames('abcde', pose, chain.tree, chain.positions(pose), _HEADER)
    assert (body.header, body.child_frame_id) == (_HEADER, 'body_abcde')
    rotation, place = _matrix(body.transform)
    np.testing.assert_allclose(rotation, pose.rotation, atol=1e-9)
    np.testing.assert_allclose(place, pose.origin_mm / 1000)
    joints = {joint.child: joint for joint in chain.tree.joints}
    assert [each.child_frame_id for each in links] == list(joints)
    for each in links:
        assert each.header.frame_id == joints[each.child_frame_id].parent
    elbow, = (each for each in links if each.child_frame_id == 'r_elbow_abcde')
    across = chain.positions(pose)['r_r_elbow_abcde']
    np.testing.assert_allclose(_matrix(elbow.transform)[0] @ [0, 0, 1], [0, np.sin(across), np.cos(across)],
                               atol=1e-9)


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
