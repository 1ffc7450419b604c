import numpy as np

from hemlets_ros.palette import SIDE_RGB, bgr
from hemlets_ros.results.drawing import draw_skeleton
from hemlets_ros.skeleton import INDEX, JOINT_COUNT


def joints():
    """A row of joints, 10 px apart, but for the right leg below."""
    points = np.column_stack([10.0 * np.arange(JOINT_COUNT) + 10, np.full(JOINT_COUNT, 20.0)])
    points[INDEX['r_hip']], points[INDEX['r_knee']] = (50, 100), (150, 100)
    return points


def test_a_bone_and_its_joints_have_their_side_s_colour_where_they_are():
    canvas = np.zeros((120, 220, 3), np.uint8)
    draw_skeleton(canvas, joints(), 3, joint_radius_px=4)
    right = bgr(SIDE_RGB['right'])
    assert tuple(canvas[100, 100]) == right  # the middle of the thigh
    assert tuple(canvas[97, 150]) == right  # the rim of the knee
    assert not canvas[90, 100].any()


def test_bones_alone_in_one_colour():
    canvas = np.zeros((120, 220, 3), np.uint8)
    draw_skeleton(canvas, joints(), 3, colour_bgr=(9, 9, 9))
    assert set(np.unique(canvas)) <= set(range(10)) and tuple(canvas[100, 100]) == (9, 9, 9)
    assert not canvas[104, 150].any()  # no disc at the knee


def test_what_lies_far_outside_does_no_harm():
    canvas = np.zeros((120, 220, 3), np.uint8)
    points = joints()
    points[INDEX['r_knee']] = (1e12, 100)
    draw_skeleton(canvas, points)
    assert canvas[100, 200].any()
