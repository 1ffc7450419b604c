import numpy as np
import pytest

from hemlets_ros.results.joint_angles import ANGLE_NAMES, CONVENTIONS, joint_angles_deg
from hemlets_ros.skeleton import INDEX, mirrored

#: Somebody who stands upright and faces the camera, arms hanging; camera frame: x right, y down, z away.
STANDING = {
    'pelvis': (0, 0, 0), 'r_hip': (-130, 0, 0), 'l_hip': (130, 0, 0), 'r_knee': (-130, 450, 0),
    'l_knee': (130, 450, 0), 'r_ankle': (-130, 900, 0), 'l_ankle': (130, 900, 0), 'spine': (0, -230, 0),
    'neck': (0, -480, 0), 'nose': (0, -560, -80), 'head_top': (0, -700, 0), 'mid_shoulder': (0, -480, 0),
    'r_shoulder': (-150, -480, 0), 'l_shoulder': (150, -480, 0), 'r_elbow': (-150, -200, 0),
    'l_elbow': (150, -200, 0), 'r_wrist': (-150, 50, 0), 'l_wrist': (150, 50, 0)}


def angles(**moved):
    joints = np.zeros((18, 3))
    for name, place in (STANDING | moved).items():
        joints[INDEX[name]] = place
    return dict(zip(ANGLE_NAMES, joint_angles_deg(joints + np.array([100, 50, 4000])).tolist(), strict=True))


def test_all_are_zero_of_somebody_who_stands():
    assert list(angles().values()) == pytest.approx([0] * len(ANGLE_NAMES), abs=1e-4)
    assert {name.removeprefix('r_').removeprefix('l_') for name in ANGLE_NAMES} == set(CONVENTIONS)


@pytest.mark.parametrize(('moved', 'expected'), [
    # A leg lifted to the front (towards the camera), the shank hanging.
    ({'r_knee': (-130, 0, -450), 'r_ankle': (-130, 450, -450)}, {'r_hip_flexion': 90, 'r_knee_flexion': 90}),
    ({'l_knee': (130, 390, 225), 'l_ankle': (130, 780, 450)}, {'l_hip_flexion': -29.98}),
    ({'l_knee': (448.2, 318.2, 0), 'l_ankle': (766.4, 636.4, 0)}, {'l_hip_abduction': 45}),
    ({'r_knee': (-448.2, 318.2, 0), 'r_ankle': (-766.4, 636.4, 0)}, {'r_hip_abduction': 45}),
    ({'r_elbow': (-430, -480, 0), 'r_wrist': (-680, -480, 0)}, {'r_shoulder_elevation': 90}),
    ({'l_elbow': (150, -760, 0), 'l_wrist': (150, -1010, 0)}, {'l_shoulder_elevation': 180}),
    ({'l_wrist': (150, -200, -250)}, {'l_elbow_flexion': 90}),
])
def test_one_movement_changes_its_angles_alone(moved, expected):
    found = angles(**moved)
    for name in ANGLE_NAMES:
        assert found[name] == pytest.approx(expected.get(name, 0), abs=0.05), name


def test_a_trunk_that_leans_flexes_both_hips():
    lean = np.radians(30)
    turn = np.array([[1, 0, 0], [0, np.cos(lean), -np.sin(lean)], [0, np.sin(lean), np.cos(lean)]])
    arms = [f'{side}_{name}' for side in 'rl' for name in ('shoulder', 'elbow', 'wrist')]
    above = ['spine', 'neck', 'nose', 'head_top', 'mid_shoulder', *arms]
    found = angles(**{name: turn @ STANDING[name] for name in above})
    for name in ANGLE_NAMES:
        bent = name == 'trunk_inclination' or name.endswith('hip_flexion')
        assert found[name] == pytest.approx(30 if bent else 0, abs=1e-4), name


def test_a_mirrored_person_has_the_other_sides_angles():
    joints = np.random.default_rng(1).normal(0, 300, (18, 3))
    one = dict(zip(ANGLE_NAMES, joint_angles_deg(joints), strict=True))
    other = dict(zip(ANGLE_NAMES, joint_angles_deg(mirrored(joints * [-1, 1, 1])), strict=True))
    for name in ANGLE_NAMES:
        swapped = {'r_': 'l_', 'l_': 'r_'}.get(name[:2], name[:2]) + name[2:]
        assert other[name] == pytest.approx(one[swapped]), name


def test_many_at_once_and_joints_in_one_place():
    joints = np.random.default_rng(1).normal(0, 300, (4, 3, 18, 3))
    assert joint_angles_deg(joints)[2, 1] == pytest.approx(joint_angles_deg(joints[2, 1]))
    assert np.isnan(joint_angles_deg(np.zeros((18, 3)))).all()
