import numpy as np

from hemlets_ros.lab.synthetic import rotations as rot


def test_frame_keeps_the_first_direction():
    axes = rot.frame(np.array([0, 0, 2.0]), np.array([1.0, 0, 5.0]))
    np.testing.assert_allclose(axes, np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]]), atol=1e-12)


def test_a_level_camera_looks_ahead_with_its_x_axis_level():
    rotation = rot.level_camera(np.array([0.0, -3, -4]))
    np.testing.assert_allclose(rotation @ [0, -0.6, -0.8], [0, 0, 1], atol=1e-12)
    np.testing.assert_allclose(rotation[0], [-1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(rotation @ [0, 0, 1.0], [0, -0.6, -0.8], atol=1e-12)  # up is -y
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
