import numpy as np
import pytest

from hemlets_ros.synthetic import rotations as rot


@pytest.fixture
def turns():
    return rot.from_quaternions(np.random.default_rng(1).normal(size=(200, 4)))


def test_matrices_are_rotations(turns):
    np.testing.assert_allclose(turns @ turns.swapaxes(1, 2), np.tile(np.eye(3), (200, 1, 1)), atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(turns), 1)


def test_about_turns_to_the_right_side():
    np.testing.assert_allclose(rot.about((0.0, 0.0, 1.0), np.pi / 2) @ [1, 0, 0], [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(rot.about((1.0, 0.0, 0.0), np.pi / 2) @ [0, 1, 0], [0, 0, 1], atol=1e-12)


def test_quaternions_there_and_back(turns):
    np.testing.assert_allclose(rot.from_quaternions(rot.to_quaternions(turns)), turns, atol=1e-12)
    half_turns = np.stack([rot.about(tuple(axis), np.pi) for axis in np.eye(3)])
    np.testing.assert_allclose(rot.from_quaternions(rot.to_quaternions(half_turns)), half_turns, atol=1e-12)


def test_vectors_there_and_back(turns):
    np.testing.assert_allclose(rot.from_vector(rot.vector_of(turns)), turns, atol=1e-9)
    np.testing.assert_allclose(rot.vector_of(np.eye(3)), np.zeros(3))
    np.testing.assert_allclose(rot.vector_of(rot.about((0.0, 1.0, 0.0), 0.7)), [0, 0.7, 0], atol=1e-12)


def test_between_goes_the_shortest_way(turns):
    start, end = turns[:100], turns[100:]
    np.testing.assert_allclose(rot.between(start, end, 1.0), end, atol=1e-9)
    middle = rot.between(start, end, 0.5)
    whole = np.linalg.norm(rot.vector_of(start.swapaxes(1, 2) @ end), axis=1)
    half = np.linalg.norm(rot.vector_of(start.swapaxes(1, 2) @ middle), axis=1)
    np.testing.assert_allclose(half, whole / 2, atol=1e-7)


def test_frame_keeps_the_first_direction():
    axes = rot.frame(np.array([0, 0, 2.0]), np.array([1.0, 0, 5.0]))
    np.testing.assert_allclose(axes, np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]]), atol=1e-12)
