import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.intrinsics import Intrinsics

MATRIX = np.array([[900.0, 0, 655], [0, 920, 345], [0, 0, 1]])
FOUR = [-0.25, 0.05, 0.001, -0.002]
FIVE = [-0.3, 0.1, 0.001, -0.002, 0.01]
EIGHT = [0.5, 0.1, 0.001, -0.001, 0.01, 0.6, 0.15, 0.02]
repeatable = settings(derandomize=True, deadline=None)


@repeatable
@given(st.sampled_from([[], FOUR, FIVE, EIGHT]), st.integers(0, 2 ** 32 - 1))
def test_rays_undo_project(distortion, seed):
    camera = Intrinsics(MATRIX, np.array(distortion))
    points = np.random.default_rng(seed).uniform([-0.6, -0.35, 1], [0.6, 0.35, 1], (3, 5, 3))
    points *= np.random.default_rng(seed + 1).uniform(500, 9000, (3, 5, 1))
    rays = camera.rays(camera.project(points))
    assert rays.shape == (3, 5, 2)
    assert np.abs(rays - points[..., :2] / points[..., 2:]).max() < 1e-8


@pytest.mark.parametrize('distortion', [[], FOUR, FIVE, EIGHT])
def test_project_undoes_rays_up_to_the_corners_of_the_image(distortion):
    camera = Intrinsics(MATRIX, np.array(distortion))
    pixels = np.stack(np.meshgrid(np.linspace(0, 1279, 9), np.linspace(0, 719, 9)), axis=-1)
    directions = np.concatenate([camera.rays(pixels), np.ones((9, 9, 1))], axis=-1)
    assert np.abs(camera.project(directions) - pixels).max() < 1e-6


def test_project_by_hand():
    camera = Intrinsics(MATRIX)
    assert camera.project(np.array([200.0, -100, 2000])) == pytest.approx([655 + 90, 345 - 46])


def test_distortion_by_hand():
    camera = Intrinsics(MATRIX, np.array([0.1, 0, 0, 0]))  # plumb_bob: x (1 + k1 r^2)
    assert camera.project(np.array([0.5, 0, 1])) == pytest.approx([655 + 900 * 0.5 * 1.025, 345])


def test_skew_is_undone():
    camera = Intrinsics(MATRIX + np.array([[0, 30, 0], [0, 0, 0], [0, 0, 0]]))
    assert camera.project(np.array([0, 0.5, 1])) == pytest.approx([655 + 15, 345 + 460])
    assert camera.rays(np.array([655 + 15, 345 + 460])) == pytest.approx([0, 0.5])


@pytest.mark.parametrize('distortion', [[], FIVE])
def test_no_points_at_all(distortion):
    camera = Intrinsics(MATRIX, np.array(distortion))
    assert camera.rays(np.zeros((0, 18, 2))).shape == (0, 18, 2)
    assert camera.project(np.zeros((0, 18, 3))).shape == (0, 18, 2)


def test_field_of_view_spans_the_width():
    camera = Intrinsics.from_fov(1280, 720, 60)
    # The outer edges of the outermost pixels: (0, 0) is the centre of the first.
    edges = camera.rays(np.array([[-0.5, 0], [1279.5, 0]]))[:, 0]
    assert np.degrees(np.arctan(edges)) == pytest.approx([-30, 30])
    assert camera.rays(np.array([639.5, 359.5])) == pytest.approx([0, 0])
    assert camera.matrix[0, 0] == camera.matrix[1, 1]
    assert camera.assumed and not Intrinsics(MATRIX).assumed


@pytest.mark.parametrize('matrix, distortion', [
    (np.eye(4), []),
    (MATRIX * np.nan, []),
    (np.zeros((3, 3)), []),
    (MATRIX * [[1], [-1], [1]], []),
    (MATRIX, [0.1] * 3),
    (MATRIX, [0.1] * 13),
    (MATRIX, [np.inf, 0, 0, 0]),
])
def test_impossible_cameras_are_refused(matrix, distortion):
    with pytest.raises(InputError):
        Intrinsics(matrix, np.array(distortion))


@pytest.mark.parametrize(('values', 'message'), [
    ({'matrix': np.diag([1e300, 900, 1])}, 'finite and below'),
    ({'matrix': np.diag([1e-300, 900, 1])}, 'positive focal lengths'),
    ({'matrix': MATRIX, 'distortion': np.full(5, 1e300)}, 'non-finite or too large values')])
def test_sizes_that_no_camera_has_are_refused(values, message):
    with pytest.raises(InputError, match=message):
        Intrinsics(**values)


def test_a_binning_that_leaves_no_pixel_is_refused():
    with pytest.raises(InputError, match='for images of 0 x 0 px'):
        Intrinsics(MATRIX).resized((0, 0), (640, 480))


@pytest.mark.parametrize(('row', 'values'), [(2, [0, 0, 0]), (2, [0, 0, 2]), (1, [5, 900, 240])])
def test_a_matrix_that_is_no_camera_is_refused(row, values):
    matrix = MATRIX.copy()
    matrix[row] = values
    with pytest.raises(InputError, match='the last row of intrinsics must be 0 0 1'):
        Intrinsics(matrix)
