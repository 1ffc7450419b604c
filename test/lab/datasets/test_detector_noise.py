import numpy as np
import pytest

from hemlets_ros.lab.datasets.detector_noise import (
    DetectorNoise,
    as_detected,
    detection_of,
    load_noise,
    measured,
    person_size,
)
from hemlets_ros.people import Box
from hemlets_ros.skeleton import COCO_MIRROR, COCO_NAMES

_L_KNEE, _R_KNEE = COCO_NAMES.index('l_knee'), COCO_NAMES.index('r_knee')


def _people(count, seed=0):
    return np.random.default_rng(seed).normal(0, 50, (count, 17, 2))


def test_measured_noise_is_of_the_persons_size_and_knows_swaps():
    exact = _people(3)
    detected = np.concatenate([exact, np.full((3, 17, 1), 0.9)], -1)
    detected[0, 3, 0] += 7
    detected[1, [_L_KNEE, _R_KNEE], :2] = exact[1, [_R_KNEE, _L_KNEE]]
    noise = measured(exact, np.ones((3, 17), bool), detected)
    assert noise.displacement[0, 3, 0] == pytest.approx(7 / person_size(exact)[0])
    assert np.flatnonzero(noise.swapped[1]).tolist() == sorted([_L_KNEE, _R_KNEE])
    assert not noise.swapped[[0, 2]].any()
    assert abs(noise.displacement[1]).max() == 0


def test_a_simulated_person_is_like_the_measured_one_of_whom_as_much_is_seen():
    displacement = np.zeros((2, 17, 2))
    displacement[1, 0] = [0.5, 0]
    seen = np.ones((2, 17), bool)
    seen[1, 0] = False
    swapped = np.zeros((2, 17), bool)
    swapped[1, [_L_KNEE, _R_KNEE]] = True
    noise = DetectorNoise(displacement, np.array([[0.9] * 17, [0.2] * 17]), seen, swapped)
    exact = _people(2)
    result = noise(exact, seen, np.random.default_rng(0))
    np.testing.assert_allclose(result[0, :, :2], exact[0])
    np.testing.assert_allclose(result[:, 4, 2], [0.9, 0.2])
    assert result[1, 0, 1] == pytest.approx(exact[1, 0, 1])
    assert abs(result[1, 0, 0] - exact[1, 0, 0]) > 0.1 * person_size(exact)[1]
    np.testing.assert_allclose(result[1, _L_KNEE, :2], exact[1, _R_KNEE])


def test_the_detectors_own_keypoints_are_taken_as_often_as_asked(tools):
    exact = np.column_stack([_people(1)[0], np.ones(17)])
    own = np.full((17, 3), 0.5)
    sample = tools.make_sample(keypoints_px=exact, keypoints_exact=True, detected=own)
    rng = np.random.default_rng(0)
    assert as_detected(sample, rng) is own
    taken = [as_detected(sample, rng, real=0.3) is own for _ in range(1000)]
    assert sum(taken) == pytest.approx(300, abs=50)
    simulated = as_detected(sample, rng, real=0.0)
    assert 0 < np.abs(simulated[:, :2] - exact[:, :2]).max() < 10 * person_size(exact[None, :, :2])[0]


def test_the_shipped_measurements_are_plausible():
    noise = load_noise()
    assert len(noise.score) > 1000
    off = np.linalg.norm(noise.displacement, axis=-1)
    wrist = COCO_NAMES.index('l_wrist')
    seen, hidden = noise.seen[:, wrist], ~noise.seen[:, wrist]
    assert 0.03 < np.median(off[seen, wrist]) < 0.2 < np.median(off[hidden, wrist])
    assert noise.score[seen, wrist].mean() > noise.score[hidden, wrist].mean()
    np.testing.assert_array_equal(noise.swapped, noise.swapped[:, COCO_MIRROR])


def test_the_detection_of_a_person_overlaps_by_half():
    true = np.array([10.0, 10, 30, 50])
    shifted, beside = Box(true + 2, 0.5), Box(true + np.array([20, 0, 20, 0]), 0.9)
    assert detection_of(true, [beside, shifted]) is shifted
    assert detection_of(true, [beside]) is None
    assert detection_of(true, []) is None
