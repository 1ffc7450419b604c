import numpy as np
import pytest

from hemlets_ros.body import quaternions as quat

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
