import numpy as np
import pytest

from hemlets_ros.refinement.smoothing import OneEuro, SkeletonSmoother
from hemlets_ros.settings import RefinementSettings
from hemlets_ros.skeleton import INDEX

RATE_HZ = 30
POSE = np.random.default_rng(0).normal([0, 0, 4000], 400, (18, 3))


def smoothed(poses, smoother=None, rate_hz=RATE_HZ):
    smoother = smoother or SkeletonSmoother(1.5, 1.0)
    return np.array([smoother(3, pose, index / rate_hz) for index, pose in enumerate(poses)])


def test_constant_input_passes_unchanged():
    assert np.abs(smoothed([POSE] * 20) - POSE).max() < 1e-9


def test_the_first_value_passes_unchanged():
    assert SkeletonSmoother(1.5, 1.0)(0, POSE, 12.0) == pytest.approx(POSE)


def test_noise_is_reduced():
    noise = np.random.default_rng(1).normal(0, 15, (300, 18, 3))
    left = smoothed(POSE + noise)[50:] - POSE
    assert left.std() < noise.std() / 2
    assert np.abs(left.mean(axis=0)).max() < 5


def test_a_ramp_is_followed_with_little_lag():
    speed_mm_s = 1000
    poses = [POSE + np.array([speed_mm_s * index / RATE_HZ, 0, 0]) for index in range(90)]
    lag_mm = (np.array(poses) - smoothed(poses))[-1, :, 0]
    assert (lag_mm > 0).all() and (lag_mm < speed_mm_s / 10).all()  # less than 0.1 s
    slow = smoothed(poses, SkeletonSmoother(1.5, 0.0))
    assert (np.array(poses) - slow)[-1, 0, 0] > lag_mm[0] * 1.2  # beta is what follows


def test_by_default_a_wrist_at_1_m_s_lags_13_ms_and_still_joints_are_steadied():
    settings = RefinementSettings()
    smoother = SkeletonSmoother(settings.smoothing_min_cutoff_hz, settings.smoothing_beta)
    poses = np.tile(POSE, (120, 1, 1))
    poses[:, INDEX['l_wrist'], 0] += 1000 * np.arange(120) / RATE_HZ
    lag_mm = (poses - smoothed(poses, smoother))[-1, :, 0]
    lag_s = lag_mm[INDEX['l_wrist']] / 1000
    seen_m_s = 1 + lag_s * RATE_HZ  # from the smoothed place to the next one
    assert lag_s == pytest.approx(0.0127, abs=1e-4)
    assert lag_s == pytest.approx(1 / (2 * np.pi * (1.5 + 8 * seen_m_s)), rel=1e-3)
    assert np.abs(np.delete(lag_mm, INDEX['l_wrist'])).max() < 1e-6
    noise = np.random.default_rng(1).normal(0, 5, (300, 18, 3))
    left = smoothed(POSE + noise, SkeletonSmoother(settings.smoothing_min_cutoff_hz, settings.smoothing_beta))
    assert np.diff(left[50:], axis=0).std() < 0.35 * np.diff(noise, axis=0).std()


def test_one_step_by_hand():
    one_euro = OneEuro(min_cutoff_hz=2.0, beta=0.0)
    one_euro(np.array([1.0]), 0.0)
    weight = 1 / (1 + 1 / (2 * np.pi * 2.0 * 0.1))
    assert one_euro(np.array([3.0]), 0.1) == pytest.approx([1 + 2 * weight])


def test_a_jittering_root_does_not_shake_the_pose():
    rng = np.random.default_rng(2)
    poses = POSE + rng.normal(0, 10, (60, 18, 3))
    steady, shaken = smoothed(poses), smoothed(poses + rng.normal(0, 300, (60, 1, 3)))
    assert np.abs((shaken - shaken[:, :1]) - (steady - steady[:, :1])).max() < 1e-9


def test_people_do_not_mix():
    smoother = SkeletonSmoother(1.5, 1.0)
    for index in range(10):
        assert smoother(1, POSE, index / RATE_HZ) == pytest.approx(POSE)
        assert smoother(2, POSE + 1000, index / RATE_HZ) == pytest.approx(POSE + 1000)


def test_a_person_unseen_longer_than_memory_starts_afresh():
    smoother = SkeletonSmoother(0.01, 0.0, memory_s=1.0)
    smoother(1, POSE, 0.0)
    assert np.abs(smoother(1, POSE + 500, 1.0) - POSE).max() < 100  # in memory: held back
    assert smoother(1, POSE + 500, 2.1) == pytest.approx(POSE + 500)


def test_another_person_seen_meanwhile_does_not_keep_the_memory():
    smoother = SkeletonSmoother(0.01, 0.0, memory_s=1.0)
    smoother(1, POSE, 0.0)
    for stamp_s in (0.5, 1.0, 1.5):
        smoother(2, POSE, stamp_s)
    assert smoother(1, POSE + 500, 1.6) == pytest.approx(POSE + 500)


def test_stamps_that_stand_still_count_as_30_hz():
    still, moving = SkeletonSmoother(1.5, 1.0), SkeletonSmoother(1.5, 1.0)
    for index in range(10):
        pose = POSE + 20 * index
        assert still(1, pose, 7.0) == pytest.approx(moving(1, pose, index / 30))
    assert np.abs(still(1, POSE, 7.0) - POSE).max() > 1


@pytest.mark.parametrize('rate_hz', [30, 60, 240, 1000])
def test_a_jump_fades_alike_at_all_rates(rate_hz):
    count = round(0.2 * rate_hz)
    poses = [POSE] + [POSE + 100] * count
    left = 1 - (smoothed(poses, SkeletonSmoother(1.5, 0.0), rate_hz)[-1] - POSE) / 100
    assert left == pytest.approx(np.full((18, 3), np.exp(-2 * np.pi * 1.5 * 0.2)), abs=0.05)
