import numpy as np
import pytest

from hemlets_ros.lab.evaluation.pose_metrics import joint_errors_mm, pck_2d, pose_figures

_TRUTH = np.random.default_rng(0).normal(size=(5, 17, 3)) * 300


def test_the_truth_has_no_error_and_all_points():
    figures = pose_figures(_TRUTH + np.array([100, 0, 3000]), _TRUTH)
    for name in ('mpjpe_mm', 'pa_mpjpe_mm', 'n_mpjpe_mm', 'bone_mm'):
        np.testing.assert_allclose(figures[name], 0, atol=1e-9, err_msg=name)
    np.testing.assert_array_equal(figures['pck_150'], 1)
    assert (figures['auc'] > 0.97).all()  # rounding may be beyond the threshold of 0 mm


def test_a_larger_person_is_forgiven_by_scale_only():
    figures = pose_figures(_TRUTH * 1.1, _TRUTH)
    np.testing.assert_allclose(figures['n_mpjpe_mm'], 0, atol=1e-9)
    np.testing.assert_allclose(figures['pa_mpjpe_mm'], 0, atol=1e-9)
    distances = np.linalg.norm(_TRUTH - _TRUTH[:, :1], axis=-1)
    np.testing.assert_allclose(figures['mpjpe_mm'], 0.1 * distances.mean(1))


def test_shares_count_joints():
    predicted = _TRUTH.copy()
    predicted[:, 3, 0] += 200  # beyond 150 mm
    predicted[:, 4, 0] += 100
    figures = pose_figures(predicted, _TRUTH)
    np.testing.assert_allclose(figures['pck_150'], 16 / 17)
    # Thresholds 0, 5 .. 150: the second joint is within the 11 of them from 100 on.
    np.testing.assert_allclose(figures['auc'], (15 + 11 / 31) / 17)
    np.testing.assert_allclose(joint_errors_mm(predicted, _TRUTH)[[3, 4, 5]], [200, 100, 0], atol=1e-9)


def test_pck_2d_knows_what_is_labelled():
    truth = np.zeros((2, 3, 2))
    predicted = truth.copy()
    predicted[0, 1, 0] = 19.0
    predicted[1, 1, 0] = 21.0
    known = np.array([[True, True, False], [True, True, False]])
    shares = pck_2d(predicted, truth, known, np.array([100.0, 100.0]))
    assert shares[:2].tolist() == [1.0, 0.5]
    assert np.isnan(shares[2])
    assert pytest.approx(0.5) == pck_2d(predicted, truth, known, np.array([50.0, 106.0]))[1]
