import itertools

import numpy as np
import pytest
from harness.clip_images import ClipImages, endless


@pytest.fixture(scope='module')
def source():
    return ClipImages()


def test_eight_people_are_found_in_an_image_of_the_same_size(source):
    plain, crowd = source.images(2), source.images(8)
    assert crowd[0].shape == plain[0].shape
    for image in crowd[:16:5]:
        assert len(source.detector(image, 0.4)) == 8


def test_images_go_back_the_way_they_came(source, clip_images):
    images = source.images(1)
    np.testing.assert_array_equal(images[3], clip_images[3])
    np.testing.assert_array_equal(images[1], images[-1])
    assert not np.array_equal(images[0], images[-1])


def test_crops_are_repeated(source):
    crops = source.crops(5)
    assert len(crops) == 5
    np.testing.assert_array_equal(crops[0].image, crops[2].image)
    assert not np.array_equal(crops[0].image, crops[1].image)
    assert crops[0].box.keypoints_px.shape == (17, 2)


def test_one_person_stays_the_same(source):
    crops = np.stack(source.one_person()).astype(float)
    step = np.abs(np.diff(crops, axis=0)).mean((1, 2, 3))
    others = np.abs(crops[0] - source.crops(2)[1].image).mean()
    assert step.max() < 0.5 * others


def test_stamps_go_on():
    images = [np.zeros((1, 1, 3), np.uint8), np.ones((1, 1, 3), np.uint8)]
    shown = list(itertools.islice(endless(images, 10.0), 5))
    assert [int(image[0, 0, 0]) for image, _ in shown] == [0, 1, 0, 1, 0]
    np.testing.assert_allclose([stamp_s for _, stamp_s in shown], [0, 0.1, 0.2, 0.3, 0.4])
