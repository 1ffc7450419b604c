import numpy as np
import pytest

from hemlets_ros.refinement.root_motion import RootMotions, at_distance
from hemlets_ros.skeleton import ROOT

_RATE_HZ = 30


def trembling(count, seed=0):
    """Relative errors of distances as single images give them: 2 %, alike in neighbouring images."""
    rng, errors = np.random.default_rng(seed), [0.0]
    for _ in range(count - 1):
        errors.append(0.72 * errors[-1] + np.sqrt(1 - 0.72 ** 2) * rng.normal(0, 0.022))
    return np.array(errors)


def filtered(places_mm, motions=None, rate_hz=_RATE_HZ):
    motions = motions or RootMotions()
    return [motions(1, place, number / rate_hz) for number, place in enumerate(places_mm)]


def distances(motions):
    return np.array([each.distance_mm for each in motions])


def test_who_stands_at_7_m_is_steady():
    places = np.array([1000.0, 500, 7000]) * (1 + trembling(300))[:, None]
    steps = np.abs(np.diff(distances(filtered(places))))[30:]
    raw = np.abs(np.diff(np.linalg.norm(places, axis=1)))[30:]
    assert np.median(raw) > 60
    assert np.median(steps) < 10 and np.percentile(steps, 90) < 25


@pytest.mark.parametrize('rate_hz', [10, 30, 60])
def test_who_walks_is_followed_without_lag(rate_hz):
    time_s = np.arange(10 * rate_hz) / rate_hz
    speed = -1.3 * np.clip(np.minimum(time_s - 3, 8 - time_s) / 0.4, 0, 1)
    true_mm = 8000 + np.cumsum(speed) / rate_hz * 1000
    lags, speeds = [], []
    for seed in range(8):
        places = np.outer(true_mm * (1 + trembling(len(time_s), seed)), [0.0, 0.0, 1.0])
        motions = filtered(places, rate_hz=rate_hz)
        at_speed = speed < -1.2
        lags.append(np.mean((distances(motions) - true_mm)[at_speed]) / 1300)
        speeds.append(np.mean([each.velocity_m_s[2] for each in motions[5 * rate_hz:7 * rate_hz]]))
    assert abs(np.mean(lags)) < 0.065, 'seconds'
    assert np.mean(speeds) == pytest.approx(-1.3, abs=0.15)


def test_velocity_across_the_image_is_soon_known():
    x_mm = 1300 * np.arange(60) / _RATE_HZ - 1300
    motions = filtered(np.column_stack([x_mm, np.zeros(60), np.full(60, 6000.0)]))
    assert np.isnan(motions[0].velocity_m_s).all()
    np.testing.assert_allclose(motions[30].velocity_m_s, [1.3, 0, 0], atol=0.1)


def test_covariance_is_wide_along_the_ray_and_narrow_across():
    motion = filtered(np.tile([3000.0, 0, 4000], (90, 1)))[-1]
    ray = np.array([0.6, 0, 0.8])
    along_m = np.sqrt(ray @ motion.covariance_m2 @ ray)
    across_m = np.sqrt([0, 1, 0] @ motion.covariance_m2 @ [0, 1, 0])
    assert 0.3 < along_m < 0.35  # 6 % of 5 m: sizes differ
    assert 0.001 < across_m < 0.02
    assert np.linalg.eigvalsh(motion.covariance_m2).min() > 0


def test_who_is_not_tracked_or_new_has_no_velocity():
    motions = RootMotions(memory_s=1.0)
    untracked = motions(None, np.array([0.0, 0, 5000]), 0.0)
    assert untracked.distance_mm == pytest.approx(5000) and np.isnan(untracked.velocity_m_s).all()
    assert np.isfinite(untracked.covariance_m2).all()
    motions(1, np.array([0.0, 0, 5000]), 0.0)
    assert np.isfinite(motions(1, np.array([0.0, 0, 5000]), 0.5).velocity_m_s).all()
    again = motions(1, np.array([0.0, 0, 9000]), 2.0)  # forgotten in between
    assert again.distance_mm == pytest.approx(9000) and np.isnan(again.velocity_m_s).all()


def test_equal_stamps_change_nothing():
    motions = RootMotions()
    motions(1, np.array([0.0, 0, 5000]), 0.0)
    first = motions(1, np.array([0.0, 0, 5100]), 0.1)
    second = motions(1, np.array([0.0, 0, 9000]), 0.1)
    assert second.distance_mm == first.distance_mm


def test_joints_move_along_their_rays():
    rng = np.random.default_rng(0)
    joints_mm = rng.normal([500, 0, 5000], 400, (18, 3))
    moved = at_distance(joints_mm, 6000.0)
    assert np.linalg.norm(moved[ROOT]) == pytest.approx(6000)
    np.testing.assert_allclose(moved[:, :2] / moved[:, 2:], joints_mm[:, :2] / joints_mm[:, 2:])
    ray = joints_mm[ROOT] / np.linalg.norm(joints_mm[ROOT])
    np.testing.assert_allclose((moved - moved[ROOT]) @ ray, (joints_mm - joints_mm[ROOT]) @ ray, atol=1e-6)


def test_an_unsure_distance_counts_little():
    for confidence, most_mm in ((1.0, 400), (0.1, 60)):
        motions = RootMotions()
        for number in range(60):
            motions(1, np.array([0.0, 0, 5000]), number / _RATE_HZ)
        after = motions(1, np.array([0.0, 0, 15000]), 2.0, confidence)
        assert 0 < after.distance_mm - 5000 < most_mm
