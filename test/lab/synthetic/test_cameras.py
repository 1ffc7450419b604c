import numpy as np
import pytest

from hemlets_ros.geometry.crop_region import MAX_GROWTH
from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.lab.synthetic.cameras import Target, sample_camera_view
from hemlets_ros.skeleton import INDEX, JOINT_COUNT


@pytest.fixture
def target():
    """A standing person who faces -y: points on a hull, and the joints on its axis."""
    vertices = np.random.default_rng(1).uniform([-0.3, -0.15, 0], [0.3, 0.15, 1.75], (800, 3))
    heights = {'pelvis': 0.9, 'spine': 1.1, 'mid_shoulder': 1.4, 'neck': 1.5, 'nose': 1.6, 'head_top': 1.75,
               'hip': 0.9, 'knee': 0.5, 'ankle': 0.1, 'shoulder': 1.4, 'elbow': 1.15, 'wrist': 0.9}
    joints = np.zeros((JOINT_COUNT, 3))
    for name, index in INDEX.items():
        joints[index, 2] = heights[name.removeprefix('l_').removeprefix('r_')]
        joints[index, 0] = 0.15 * (name.startswith('l_') - name.startswith('r_'))
    return Target(vertices, joints, np.array([0.0, -1.0]))


def _nothing(eye, points):
    return np.zeros(len(points), bool)


def _cut(view, target):
    points = view.camera.project(target.joints)
    return ~((points > view.frame_px[:2]) & (points < view.frame_px[2:])).all(axis=1)


def test_people_are_cut_in_a_third_of_the_views_and_more(target):
    views = [sample_camera_view(target, _nothing, np.random.default_rng(seed)) for seed in range(200)]
    cut = np.stack([_cut(view, target) for view in views])
    assert 0.34 < cut.any(axis=1).mean() < 0.7
    assert 0.03 < cut[:, INDEX['spine']].mean() < 0.3  # head and shoulders alone
    heights = np.array([view.camera.eye[2] for view in views])
    assert (heights < 0.8).mean() > 0.05
    assert (heights > 1.9).mean() > 0.05
    near = np.array([np.linalg.norm(view.camera.eye - target.at('spine')) for view in views])
    assert (near < 1.5).mean() > 0.1


def test_joints_are_before_the_camera_and_the_box_fills_its_share(target):
    for seed in range(60):
        view = sample_camera_view(target, _nothing, np.random.default_rng(seed))
        assert view.camera.from_world(target.joints)[:, 2].min() > 0.2
        left, top, right, bottom = view.box_px
        share = max(right - left, bottom - top) * 1.2 / CROP_SIZE_PX  # with room for what is not seen
        assert 1 / (2 * MAX_GROWTH - 1) - 1e-6 < share < 1 + 1e-6
        np.testing.assert_allclose(view.camera.rotation @ view.camera.rotation.T, np.eye(3), atol=1e-9)


def test_the_box_leaves_out_what_is_hidden(target):
    def legs(eye, points):
        return points[:, 2] < 1.0

    boxes = []
    for hidden in (_nothing, legs):
        views = [sample_camera_view(target, hidden, np.random.default_rng(seed)) for seed in range(40)]
        low = [view.camera.project(np.array([0, 0, 1.0]))[1] < view.box_px[3] - 8 for view in views
               if abs(view.camera.rotation[2, 2]) < 0.2]
        boxes.append(np.mean(low))
    assert boxes[1] < boxes[0] - 0.2
