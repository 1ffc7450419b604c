import numpy as np
import pytest

from hemlets_ros.results.palette import SIDE_RGB, bgr
from hemlets_ros.results.skeleton_plot import SkeletonPlot
from hemlets_ros.skeleton import BONES, INDEX, bone_side

SIZE_PX = 300


@pytest.fixture(scope='module')
def plot():
    return SkeletonPlot(SIZE_PX, 'truth')


@pytest.fixture(scope='module')
def pose_mm():
    """Joints far from each other, within the cube."""
    pose = np.random.default_rng(4).uniform(-800, 800, (18, 3))
    pose[0] = 0
    return pose


def test_bones_have_the_colour_of_their_side_where_the_axes_put_them(plot, pose_mm):
    picture, places = plot.draw(pose_mm), plot.places_px(pose_mm)
    right = [bone for bone in BONES if np.ptp(places[bone], axis=0).max() > 20]
    assert len(right) > 10
    drawn = 0
    for bone in right:
        x, y = np.round(places[bone].mean(0)).astype(int)
        near = picture[y - 1:y + 2, x - 1:x + 2].reshape(-1, 3).astype(int)
        drawn += np.abs(near - bgr(SIDE_RGB[bone_side(bone)])).max(1).min() < 12
    assert drawn >= len(right) - 3, 'a few are hidden by others'


def test_axes_are_the_cameras(plot):
    """x right, y down, z away; seen from the camera's right side and a little above."""
    origin, right, down, away = plot.places_px(np.vstack([np.zeros(3), 500 * np.eye(3)]))
    assert abs(origin - SIZE_PX / 2).max() < 0.15 * SIZE_PX
    assert right[0] > origin[0] + 20 and abs(down[0] - origin[0]) < 5 < away[0] - origin[0]
    assert down[1] > origin[1] + 30 and away[1] < origin[1]


def test_nothing_is_left_of_the_last_skeleton(plot, pose_mm):
    first = plot.draw(pose_mm)
    moved = plot.draw(1.2 * pose_mm)
    assert (moved != first).any()
    assert (plot.draw(pose_mm) == first).all()


def test_joints_far_outside_do_no_harm(plot, pose_mm):
    far = pose_mm.copy()
    far[INDEX['r_wrist']] = 1e9
    assert plot.draw(far).shape == (SIZE_PX, SIZE_PX, 3)
