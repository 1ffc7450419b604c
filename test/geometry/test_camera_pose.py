"""Poses of cameras from transforms."""

import numpy as np
import pytest

from hemlets_ros.errors import SettingsError
from hemlets_ros.geometry.camera_pose import (
    OPTICAL_AXES,
    parse_pose,
    pose_of_transform,
    rotation_about,
    to_map_m,
)


@pytest.mark.parametrize('text', ['1e300 0 0 0 0 0', 'nan 0 0 0 0 0', '1 2 3', 'a b c d e f'])
def test_what_is_no_place_of_a_camera_is_refused(text):
    with pytest.raises(SettingsError, match='camera_in_map must be six numbers'):
        parse_pose(text)


def test_the_pose_of_a_transform_places_points_as_the_transform_does():
    level, tilt = np.array([0.5, -0.5, 0.5, -0.5]), np.array([np.cos(0.2), -np.sin(0.2), 0, 0])
    (aw, ax, ay, az), (bw, bx, _, _) = level, tilt  # tilted downwards by 0.4 rad about the optical x axis
    pose = pose_of_transform(np.array([1, 2, 1.5]), np.array([
        aw * bw - ax * bx, aw * bx + ax * bw, ay * bw + az * bx, az * bw - ay * bx]))
    np.testing.assert_allclose(pose, [1, 2, 1.5, 0, 0.4, 0], atol=1e-9)
    expected = rotation_about(1, 0.4) @ OPTICAL_AXES @ [0, 0, 2] + [1, 2, 1.5]
    np.testing.assert_allclose(to_map_m(np.array([0, 0, 2000.0]), pose), expected, atol=1e-9)
