import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hemlets_ros.lab.evaluation.alignment import mpjpe_mm, procrustes

_ANGLES = st.tuples(*[st.floats(-3, 3)] * 3)


def _rotation(angles):
    result = np.eye(3)
    for axis, angle in enumerate(angles):
        turn = np.eye(3)
        i, j = [other for other in range(3) if other != axis]
        turn[i, i] = turn[j, j] = np.cos(angle)
        turn[i, j], turn[j, i] = -np.sin(angle), np.sin(angle)
        result = result @ turn
    return result


@given(_ANGLES, st.floats(0.1, 10), st.floats(-1000, 1000))
def test_similarity_is_undone(angles, scale, shift):
    truth = np.random.default_rng(0).normal(size=(1, 17, 3)) * 300
    moved = scale * truth @ _rotation(angles) + shift
    np.testing.assert_allclose(procrustes(moved, truth), truth, atol=1e-6)


def test_reflection_is_not_undone():
    truth = np.random.default_rng(0).normal(size=(1, 17, 3)) * 300
    aligned = procrustes(truth * [-1, 1, 1], truth)
    assert mpjpe_mm(aligned, truth)[0] > 50


def test_mpjpe_is_the_mean_distance():
    truth = np.zeros((1, 2, 3))
    np.testing.assert_allclose(mpjpe_mm(np.array([[[3.0, 4, 0], [0, 0, 1]]]), truth), [3])
