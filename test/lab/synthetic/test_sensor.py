import cv2
import numpy as np

from hemlets_ros.lab.synthetic.sensor import Lens, poor_light


def test_pictures_stay_pictures_and_some_get_darker():
    image = np.random.default_rng(1).integers(60, 200, (80, 60, 3)).astype(np.uint8)
    results = [poor_light(image, np.random.default_rng(seed)) for seed in range(80)]
    assert {(result.shape, result.dtype) for result in results} == {((80, 60, 3), np.dtype(np.uint8))}
    same = [np.array_equal(result, image) for result in results]
    assert 0.4 < np.mean(same) < 0.8
    np.testing.assert_array_equal(poor_light(image, np.random.default_rng(3)), results[3])


def test_labels_bend_with_the_picture():
    bent = 0
    for seed in range(30):
        lens = Lens(np.array([100.0, 90.0]), 200.0, np.random.default_rng(seed))
        image = np.zeros((240, 240, 3), np.uint8)
        cv2.circle(image, (220, 60), 3, (255, 255, 255), -1)
        expected = lens.bent(np.array([[220.0, 60.0]]))[0]
        rows, columns = np.nonzero(lens.seen(image)[..., 0] > 100)
        np.testing.assert_allclose([columns.mean(), rows.mean()], expected, atol=0.5)
        bent += abs(expected - [220, 60]).max() > 0.5
    assert 0 < bent < 15
    np.testing.assert_allclose(lens.bent(np.array([[100.0, 90.0]])), [[100, 90]])
