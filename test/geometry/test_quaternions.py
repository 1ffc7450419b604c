import numpy as np
import pytest

from hemlets_ros.geometry import quaternions as quat

rotation = pytest.importorskip('scipy.spatial.transform').Rotation


@pytest.fixture
def random():
    rng = np.random.default_rng(0)
    return rotation.random(500, rng=rng), rotation.random(500, rng=rng)


def _q(rotations):
    return rotations.as_quat(scalar_first=True)


def test_they_are_scipys(random):
    one, other = random
    vectors = np.random.default_rng(2).normal(size=(500, 3))
    same = {'multiply': (quat.multiply(_q(one), _q(other)), one * other),
            'inverse': (quat.inverse(_q(one)), one.inv()),
            'from_matrix': (quat.from_matrix(one.as_matrix()), one),
            'about': (quat.about(vectors, np.full(500, 0.7)),
                      rotation.from_rotvec(0.7 * quat.unit(vectors))),
            'between': (quat.between(_q(one), _q(other), 0.3),
                        one * rotation.from_rotvec(0.3 * (one.inv() * other).as_rotvec()))}
    for name, (ours, theirs) in same.items():
        assert quat.angle_deg(ours, _q(theirs)).max() < 1e-5, name
    np.testing.assert_allclose(quat.rotate(_q(one), vectors), one.apply(vectors), atol=1e-12)
    np.testing.assert_allclose(quat.to_matrix(_q(one)), one.as_matrix(), atol=1e-12)
    np.testing.assert_allclose(quat.angle_deg(_q(one), _q(other)),
                               np.degrees((one.inv() * other).magnitude()), atol=1e-6)


def test_shortest_turns_there_with_the_least_angle():
    start, end = np.random.default_rng(3).normal(size=(2, 100, 3))
    end[0] = -start[0]
    turn = quat.shortest(start, end)
    np.testing.assert_allclose(quat.rotate(turn, quat.unit(start)), quat.unit(end), atol=1e-9)
    cosine = np.sum(quat.unit(start) * quat.unit(end), axis=1).clip(-1, 1)
    np.testing.assert_allclose(quat.angle_deg(turn, quat.IDENTITY), np.degrees(np.arccos(cosine)), atol=1e-5)


def test_signs_follow_the_frame_before():
    turns = quat.about(np.array([0.0, 1.0, 0.0]), np.linspace(0, 7, 50))
    flipped = turns * np.where(np.arange(50) % 3, 1, -1)[:, None]
    np.testing.assert_allclose(quat.continuous(flipped) * -1, turns)


def test_an_xyzw_quaternion_turns_as_its_matrix():
    """Also where a matrix has its largest part elsewhere: turns by nearly 180 degrees about each axis."""
    for axis in (*np.eye(3), np.array([1, 2, 3]) / np.sqrt(14)):
        for angle in (0.0, 0.3, -2.0, np.pi - 1e-6):
            cross = -np.cross(np.eye(3), axis).T
            matrix = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
            found = quat.xyzw_from_matrix(matrix)
            assert found[3] >= 0 and np.linalg.norm(found) == pytest.approx(1)
            for quaternion in (found, quat.xyzw_about(axis.tolist(), angle)):
                turned = quat.xyzw_rotated(quaternion, (1.0, -2.0, 0.5))
                np.testing.assert_allclose(turned, matrix @ [1, -2, 0.5], atol=1e-9)


def test_roll_comes_first_and_yaw_last():
    turn = quat.xyzw_from_rpy(np.pi / 2, 0, np.pi / 2)
    np.testing.assert_allclose(quat.xyzw_rotated(turn, (0, 1, 0)), [0, 0, 1], atol=1e-12)
    roll, yaw = (quat.xyzw_about(axis, np.pi / 2) for axis in ((1, 0, 0), (0, 0, 1)))
    np.testing.assert_allclose(quat.xyzw_product(yaw, roll), turn, atol=1e-12)
