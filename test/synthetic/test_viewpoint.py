import numpy as np
import pytest

from hemlets_ros.synthetic.renderer import View
from hemlets_ros.synthetic.viewpoint import IMAGE_PX, PERSON_PX, sample_shot


@pytest.fixture
def person():
    """Points on a standing person's hull, metres."""
    return np.random.default_rng(1).uniform([-0.4, -0.25, 0], [0.4, 0.25, 1.75], (400, 3))


def test_the_box_fills_its_share_of_the_image(person):
    for seed in range(60):
        shot = sample_shot(person, np.random.default_rng(seed))
        left, top, right, bottom = shot.box_px
        assert max(right - left, bottom - top) * 1.2 == pytest.approx(PERSON_PX)
        np.testing.assert_allclose([(left + right) / 2, (top + bottom) / 2], (IMAGE_PX - 1) / 2)


def test_the_box_is_what_the_frame_shows_of_the_person(person):
    cut = 0
    for seed in range(80):
        shot = sample_shot(person, np.random.default_rng(seed))
        points = shot.view.project(person)
        expected = np.concatenate([np.maximum(points.min(axis=0), shot.frame_px[:2]),
                                   np.minimum(points.max(axis=0), shot.frame_px[2:])])
        np.testing.assert_allclose(shot.box_px, expected, atol=1e-6)
        cut += not np.allclose(expected, np.concatenate([points.min(axis=0), points.max(axis=0)]))
    assert 4 < cut < 40


def test_cameras_are_rotations_with_square_pixels_in_front_of_the_person(person):
    for seed in range(60):
        view = sample_shot(person, np.random.default_rng(seed)).view
        np.testing.assert_allclose(view.rotation @ view.rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(view.rotation) == pytest.approx(1)
        assert view.intrinsics_px[0, 0] == pytest.approx(view.intrinsics_px[1, 1])
        assert view.to_camera(person)[:, 2].min() > 0.4
        assert view.eye[2] > 0


def test_the_eye_is_where_points_vanish():
    view = View(np.eye(3), np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]), np.array([0, 1.5, 4.0]))
    np.testing.assert_allclose(view.eye, [0, -4, 1.5])
    np.testing.assert_allclose(view.to_camera(view.eye), np.zeros(3), atol=1e-12)
