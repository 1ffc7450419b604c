import numpy as np

from hemlets_ros.lab.synthetic.balance import balanced
from hemlets_ros.lab.synthetic.pose_sampler import LIMITS_DEG, segments_of
from hemlets_ros.lab.synthetic.reach import limb_points


def angles(**degrees):
    return dict.fromkeys((f'{side}{name}' for name in LIMITS_DEG for side in ('', 'l_', 'r_')), 0.0) | degrees


def test_who_stands_straight_stays_so():
    rotations = segments_of(angles())
    np.testing.assert_allclose(balanced(rotations), rotations, atol=0.02)


def test_bent_hips_bring_the_trunk_forward_and_not_the_legs():
    points = limb_points(balanced(segments_of(angles(l_hip_bend=80, r_hip_bend=80))))
    assert points['neck'][1] < points['l_ankle'][1] - 0.15  # forward is -y
    assert points['l_hip'][1] > points['l_ankle'][1] + 0.1
    assert points['l_ankle'][2] < -0.8


def test_on_one_leg_the_weight_is_above_it():
    points = limb_points(balanced(segments_of(angles(l_hip_bend=90, l_knee=90))))
    assert abs(points['waist'][0] - points['r_ankle'][0]) < 0.06
    assert points['l_ankle'][2] > points['r_ankle'][2] + 0.2
