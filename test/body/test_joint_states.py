"""Joint states and URDF give the skeleton back, and are what REP-155's names say."""

from pathlib import Path

import numpy as np
import pytest

from hemlets_ros.body.human_chain import CHAIN, LINKS
from hemlets_ros.body.joint_states import body_pose, joint_positions
from hemlets_ros.body.urdf import human_urdf, origins_mm
from hemlets_ros.body.urdf_tree import UrdfTree
from hemlets_ros.skeleton import INDEX, JOINT_NAMES, mirrored

_POSES_MM = np.load(Path(__file__).parents[1] / 'data' / 'evaluation_golden.npz')['gt_cam']
#: REP-155: the joints of the recommended kinematic model that move.
_OF_REP_155 = {'waist', 'r_head', 'y_head', 'p_head', *(
    f'{side}_{name}' for side in 'lr' for name in (
        'y_shoulder', 'p_shoulder', 'r_shoulder', 'elbow', 'y_hip', 'p_hip', 'r_hip', 'knee'))}


def _person(**moved):
    """Joints (18, 3), mm, camera frame, of somebody who stands 4 m away and faces the camera.

    moved: joint -> forward, left, up in mm from its place in standing.
    """
    body = {'pelvis': (0, 0, 0), 'l_hip': (0, 100, 0), 'l_knee': (0, 100, -400), 'l_ankle': (0, 100, -800),
            'spine': (0, 0, 240), 'mid_shoulder': (0, 0, 500), 'neck': (0, 0, 560), 'nose': (80, 0, 680),
            'head_top': (0, 0, 820), 'l_shoulder': (0, 160, 500), 'l_elbow': (0, 160, 220),
            'l_wrist': (0, 160, -30)}
    body |= {f'r_{name[2:]}': (x, -y, z) for name, (x, y, z) in body.items() if name.startswith('l_')}
    joints = np.array([np.add(body[name], moved.get(name, (0, 0, 0))) for name in JOINT_NAMES])
    forward, left, up = joints.T
    return np.column_stack([left, -up, 4000 - forward]).astype(float)


def _degrees(joints_mm, *names):
    pose = body_pose(joints_mm)
    return [pytest.approx(round(np.degrees(pose.angles_rad[name]), 6), abs=1e-4) for name in names]


def _largest_error_mm(urdf, body_id, joints_mm, positions, pose):
    """Forward kinematics of the URDF's text, against the joints."""
    links = UrdfTree(urdf).links({f'{name}_{body_id}': value for name, value in positions.items()})
    places = np.array([links[f'{name}_{body_id}'].xyz_m for name in JOINT_NAMES]) * 1000
    return np.linalg.norm(places @ pose.rotation.T + pose.origin_mm - joints_mm, axis=1).max()


def test_the_chain_is_that_of_rep_155_with_a_link_for_each_joint():
    assert {joint.name for joint in CHAIN if joint.kind == 'revolute'} >= _OF_REP_155
    assert set(LINKS) >= {'body', 'waist', 'torso', 'head', *JOINT_NAMES}
    assert len({joint.name for joint in CHAIN}) == len(CHAIN) and len(set(LINKS)) == len(CHAIN) + 1


def test_real_poses_come_back_through_one_urdf():
    """64 poses, with noise and of people of different sizes, through the URDF of the first of them."""
    generator = np.random.default_rng(2)
    sizes = np.linspace(0.9, 1.1, 64)[:, None, None]
    measured_mm = _POSES_MM * sizes + generator.normal(0, 10, _POSES_MM.shape)
    origins = origins_mm(body_pose(measured_mm[0]))
    urdf = human_urdf('abcde', origins)
    limits = {joint.name: joint.limits for joint in UrdfTree(urdf).joints}
    slid_mm = 0.0
    for joints_mm in measured_mm:
        pose = body_pose(joints_mm)
        positions = joint_positions(pose, origins)
        assert _largest_error_mm(urdf, 'abcde', joints_mm, positions, pose) < 0.01
        for name, position in positions.items():
            low, high = limits[f'{name}_abcde']
            assert low <= position <= high
        slid_mm = max(slid_mm, 1000 * abs(positions['l_knee_z']))
    assert 60 < slid_mm < 150, 'what the lengths of the URDF do not hold'


def test_whatever_is_measured_comes_back():
    """Random points, no person: also where angles are singular."""
    generator = np.random.default_rng(0)
    origins = origins_mm(body_pose(_POSES_MM[0]))
    urdf = human_urdf('a', origins)
    for joints_mm in [*generator.normal(0, 400, (50, 18, 3)), _person(),
                      _person(l_elbow=(0, 0, 560), l_wrist=(0, 0, 1060)),  # straight up
                      _person(l_knee=(0, 400, 400), l_ankle=(0, 800, 800))]:  # sideways
        pose = body_pose(joints_mm)
        assert _largest_error_mm(urdf, 'a', joints_mm, joint_positions(pose, origins), pose) < 0.01


@pytest.mark.parametrize('joints_mm', [np.zeros((18, 3)), np.ones((18, 3)) * np.arange(18)[:, None]],
                         ids=['a point', 'a line'])
def test_joints_without_extent_have_a_pose(joints_mm):
    pose = body_pose(joints_mm)
    assert np.isfinite([*pose.angles_rad.values(), *pose.rotation.ravel()]).all()
    np.testing.assert_allclose(pose.rotation.T @ pose.rotation, np.eye(3), atol=1e-9)


def test_who_stands_upright_has_no_angles_and_the_frame_of_rep_155():
    pose = body_pose(_person())
    assert max(map(abs, pose.angles_rad.values())) < 1e-9
    np.testing.assert_allclose(pose.origin_mm, [0, 0, 4000])
    forward, left, up = pose.rotation.T
    np.testing.assert_allclose([forward, left, up], [[0, 0, -1], [1, 0, 0], [0, -1, 0]], atol=1e-12)


def test_signs_are_those_of_human_description():
    sits = _person(**{f'{side}_{name}': place for side in 'lr' for name, place in
                      {'knee': (400, 0, 400), 'ankle': (400, 0, 400)}.items()})
    assert _degrees(sits, 'l_r_hip', 'r_r_hip', 'l_knee', 'r_knee', 'l_p_hip', 'l_y_hip') == [
        90, 90, -90, -90, 0, 0]
    reaches = _person(l_wrist=(250, 0, 250), r_wrist=(250, 0, 250))
    assert _degrees(reaches, 'l_elbow', 'r_elbow', 'l_p_shoulder') == [90, 90, 0]
    spread = {'l_elbow': (0, 280, 280), 'l_wrist': (0, 530, 530), 'r_elbow': (0, -280, 280),
              'r_wrist': (0, -530, 530)}
    assert _degrees(_person(**spread), 'l_p_shoulder', 'r_p_shoulder', 'l_y_shoulder', 'l_elbow') == [
        90, 90, 0, 0]
    ahead = {f'{side}_{name}': place for side in 'lr' for name, place in
             {'elbow': (280, 0, 280), 'wrist': (530, 0, 530)}.items()}
    assert _degrees(_person(**ahead), 'l_p_shoulder', 'r_p_shoulder', 'l_y_shoulder', 'r_y_shoulder') == [
        90, 90, 90, 90]
    straddles = _person(l_knee=(0, 400 * np.sin(0.5), 400 - 400 * np.cos(0.5)),
                        l_ankle=(0, 800 * np.sin(0.5), 800 - 800 * np.cos(0.5)))
    assert _degrees(straddles, 'l_p_hip', 'l_r_hip', 'r_p_hip') == [np.degrees(0.5), 0, 0]
    looks_left = _person(nose=(-80, 80, 0))
    assert _degrees(looks_left, 'y_head', 'r_head', 'p_head') == [90, 0, 0]


def test_the_waist_bends_forward_against_the_hips():
    upper = [name for name in JOINT_NAMES if name.split('_')[-1] in (
        'shoulder', 'neck', 'nose', 'top', 'elbow', 'wrist')]
    standing = _person()
    bent = standing.copy()
    rows = [INDEX[name] for name in upper]
    c, s = np.cos(0.4), np.sin(0.4)
    forward, up = 4000 - standing[rows, 2], -standing[rows, 1]  # about the hips
    bent[rows, 1], bent[rows, 2] = -(c * up - s * forward), 4000 - (c * forward + s * up)
    assert _degrees(bent, 'waist', 'y_waist', 'r_waist', 'r_torso', 'l_elbow') == [
        np.degrees(0.4), 0, 0, 0, 0]


def test_a_mirrored_person_has_the_angles_of_the_other_side():
    joints_mm = _POSES_MM[7]
    angles, other = (body_pose(each).angles_rad for each in (
        joints_mm, mirrored(joints_mm) * [-1, 1, 1]))
    for name in ('p_shoulder', 'r_shoulder', 'y_shoulder', 'elbow', 'r_elbow', 'p_hip', 'r_hip', 'knee',
                 'r_knee'):
        assert angles[f'l_{name}'] == pytest.approx(other[f'r_{name}'], abs=1e-9)
    assert angles['l_y_hip'] == pytest.approx(-other['r_y_hip'], abs=1e-9), 'not mirrored, as there'


def test_noise_does_not_turn_straight_limbs():
    """5 mm of noise on somebody who stands with legs bent by 7 degrees."""
    generator = np.random.default_rng(1)
    standing = _person(l_knee=(25, 0, 0), r_knee=(25, 0, 0))
    yaws = np.degrees([body_pose(standing + generator.normal(0, 5, (18, 3))).angles_rad['l_y_hip']
                       for _ in range(200)])
    assert np.abs(yaws).max() < 15


def test_lengths_of_the_urdf_are_the_mean_of_left_and_right():
    joints_mm = _person(l_ankle=(0, 0, -40))
    origins = origins_mm(body_pose(joints_mm))
    np.testing.assert_allclose(origins['l_ankle'], [0, 0, -420])
    np.testing.assert_allclose(origins['r_ankle'], [0, 0, -420])
    np.testing.assert_allclose([origins['l_hip'], origins['r_hip']], [[0, 100, 0], [0, -100, 0]])
    positions = joint_positions(body_pose(joints_mm), origins)
    assert (positions['l_ankle_z'], positions['r_ankle_z']) == pytest.approx((-0.02, 0.02))
