import numpy as np
import pytest

from hemlets_ros.geometry.crop_region import MAX_GROWTH
from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.lab.synthetic.renderer import Camera
from hemlets_ros.lab.synthetic.viewpoint import IMAGE_PX, sample_view


@pytest.fixture
def person():
    """Points on a standing person's hull, metres."""
    return np.random.default_rng(1).uniform([-0.4, -0.25, 0], [0.4, 0.25, 1.75], (400, 3))


def test_the_box_fills_its_share_of_the_image(person):
    for seed in range(60):
        view = sample_view(person, np.random.default_rng(seed))
        left, top, right, bottom = view.box_px
        share = max(right - left, bottom - top) * 1.2 / CROP_SIZE_PX
        points = view.camera.project(person)
        if (points > view.frame_px[:2]).all() and (points < view.frame_px[2:]).all():
            assert share == pytest.approx(1)
            np.testing.assert_allclose([(left + right) / 2, (top + bottom) / 2], (IMAGE_PX - 1) / 2)
        else:  # there is room for what the frame cuts
            assert 1 / (2 * MAX_GROWTH - 1) - 1e-6 < share < 1 + 1e-6


def test_the_box_is_what_the_frame_shows_of_the_person(person):
    cut = 0
    for seed in range(80):
        view = sample_view(person, np.random.default_rng(seed))
        points = view.camera.project(person)
        expected = np.concatenate([np.maximum(points.min(axis=0), view.frame_px[:2]),
                                   np.minimum(points.max(axis=0), view.frame_px[2:])])
        np.testing.assert_allclose(view.box_px, expected, atol=1e-6)
        cut += not np.allclose(expected, np.concatenate([points.min(axis=0), points.max(axis=0)]))
    assert 4 < cut < 40


def test_cameras_are_rotations_with_square_pixels_in_front_of_the_person(person):
    for seed in range(60):
        camera = sample_view(person, np.random.default_rng(seed)).camera
        np.testing.assert_allclose(camera.rotation @ camera.rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(camera.rotation) == pytest.approx(1)
        assert camera.intrinsics_px[0, 0] == pytest.approx(camera.intrinsics_px[1, 1])
        assert camera.from_world(person)[:, 2].min() > 0.4
        assert camera.eye[2] > 0


def test_the_eye_is_where_points_vanish():
    camera = Camera(np.eye(3), np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]), np.array([0, 1.5, 4.0]))
    np.testing.assert_allclose(camera.eye, [0, -4, 1.5])
    np.testing.assert_allclose(camera.from_world(camera.eye), np.zeros(3), atol=1e-12)
