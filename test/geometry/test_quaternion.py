import numpy as np
import pytest

from hemlets_ros.geometry.quaternion import about, from_matrix, from_rpy, product, rotated


def test_a_quaternion_turns_as_its_matrix():
    """Also where a matrix has its largest part elsewhere: turns by nearly 180 degrees about each axis."""
    for axis in (*np.eye(3), np.array([1, 2, 3]) / np.sqrt(14)):
        for angle in (0.0, 0.3, -2.0, np.pi - 1e-6):
            cross = -np.cross(np.eye(3), axis).T
            matrix = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
            found = from_matrix(matrix)
            assert found[3] >= 0 and np.linalg.norm(found) == pytest.approx(1)
            for quaternion in (found, about(axis.tolist(), angle)):
                np.testing.assert_allclose(rotated(quaternion, (1.0, -2.0, 0.5)), matrix @ [1, -2, 0.5],
                                           atol=1e-9)


def test_roll_comes_first_and_yaw_last():
    np.testing.assert_allclose(rotated(from_rpy(np.pi / 2, 0, np.pi / 2), (0, 1, 0)), [0, 0, 1], atol=1e-12)
    np.testing.assert_allclose(product(about((0, 0, 1), np.pi / 2), about((1, 0, 0), np.pi / 2)),
                               from_rpy(np.pi / 2, 0, np.pi / 2), atol=1e-12)
