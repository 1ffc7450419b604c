import numpy as np
import pytest

from hemlets_ros.errors import InputError
from hemlets_ros.lab.datasets.sample import ordinal_of, sample_3d
from hemlets_ros.skeleton import INDEX, JOINT_NAMES, PARTS

_PART_NAMES = [(JOINT_NAMES[parent], JOINT_NAMES[child]) for parent, child in PARTS]


def depths(**given):
    depth_mm = np.zeros(18)
    for name, value in given.items():
        depth_mm[INDEX[name]] = value
    return depth_mm


def order(depth_mm, **more):
    return dict(zip(_PART_NAMES, ordinal_of(depth_mm, **more).tolist(), strict=True))


def test_the_sign_is_that_of_parent_minus_child():
    signs = order(depths(l_knee=-300, l_ankle=200, r_knee=99))
    assert signs['l_hip', 'l_knee'] == 1  # the parent is farther
    assert signs['l_knee', 'l_ankle'] == -1
    assert signs['r_hip', 'r_knee'] == 0
    assert sum(map(abs, signs.values())) == 2


def test_level_ends_at_the_threshold():
    assert order(depths(r_knee=99.9))['r_hip', 'r_knee'] == 0
    assert order(depths(r_knee=100.0))['r_hip', 'r_knee'] == -1
    assert order(depths(r_knee=30.0), level_mm=20)['r_hip', 'r_knee'] == -1


def test_ordinals_of_many_poses_at_once():
    many = np.stack([depths(l_knee=-300), depths(l_knee=300)])
    assert ordinal_of(many).shape == (2, 14)
    assert ordinal_of(many).tolist() == [ordinal_of(pose).tolist() for pose in many]
    assert ordinal_of(many).dtype == np.int8


def test_a_3d_sample_projects_its_joints():
    joints_mm = np.tile([200.0, -100, 4000], (18, 1))
    joints_mm[INDEX['nose']] = 400, 0, 3800
    intrinsics = np.array([[1000, 0, 320], [0, 1100, 240], [0, 0, 1]])
    sample = sample_3d('a', 's', np.zeros((480, 640, 3), np.uint8), [0, 0, 9, 9], joints_mm, intrinsics)
    assert np.allclose(sample.joints_px[INDEX['pelvis']], [370, 212.5])
    assert np.allclose(sample.joints_px[INDEX['nose']], [320 + 400 / 3.8, 240])
    assert sample.depth_mm[INDEX['nose']] == -200 and sample.depth_mm[INDEX['pelvis']] == 0
    assert sample.root_mm.tolist() == [200, -100, 4000]
    assert sample.known_2d.all() and sample.known_depth.all() and sample.known_ordinal.all()
    bent = sample_3d('a', 's', sample.image, [0, 0, 9, 9], joints_mm, intrinsics, np.ones((18, 2)))
    assert bent.joints_px.tolist() == np.ones((18, 2)).tolist()


def test_a_wrong_shape_is_refused_by_name():
    with pytest.raises(InputError, match=r'a/b: box_px must have shape \(4,\), not \(3,\)'):
        sample_3d('a/b', 's', np.zeros((4, 4, 3), np.uint8), [0, 0, 9], np.ones((18, 3)), np.eye(3))
