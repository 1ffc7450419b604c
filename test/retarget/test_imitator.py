"""A robot that imitates: the right limbs, within its limits, on its feet."""

import os
from pathlib import Path

import numpy as np
import pytest

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.camera_pose import OPTICAL_AXES, parse_pose, rotation_about, to_map_m
from hemlets_ros.settings import RetargetSettings
from hemlets_ros.skeleton import INDEX

#: The user's, not this run's own: what has been downloaded is used.
_MENAGERIE = os.environ.get('MENAGERIE_CACHE_DIR') or Path(
    os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache') / 'mujoco_menagerie'


@pytest.fixture
def imitator(robot):
    """Makes one with some settings; without smoothing."""
    from hemlets_ros.retarget.imitator import Imitator

    return lambda **settings: Imitator(robot, RetargetSettings(robot_smoothing=False, **settings))


def _points(robot, pose):
    """Joint -> (3,) m in the world, and the corners of the soles."""
    import mujoco

    from hemlets_ros.retarget.robot_mapping import WEIGHTS
    from hemlets_ros.retarget.robot_model import site

    data = mujoco.MjData(robot.model)
    data.qpos[robot.addresses] = pose.joints_rad
    data.qpos[:7] = [*pose.base_m, *pose.base_wxyz]
    mujoco.mj_kinematics(robot.model, data)
    soles = np.concatenate([data.xpos[body] + corners @ data.xmat[body].reshape(3, 3).T
                            for body, corners in robot.soles.items()])
    return {name: data.site(site(name)).xpos.copy() for name in WEIGHTS}, soles


def _walking(standing, count=40, rate_hz=20.0):
    """(n, 18, 3) and stamps: 1 m/s forward; one foot after the other rests on the ground, arms swing."""
    stamps = np.arange(count) / rate_hz
    frames = np.repeat(standing[None], count, axis=0)
    for side, phase in (('l', 0.0), ('r', np.pi)):
        swing = 0.45 * np.sin(4 * stamps + phase)
        turned = np.stack([np.sin(swing), np.zeros(count), -np.cos(swing)], axis=1)
        for start, chain in (('hip', ('knee', 'ankle')), ('shoulder', ('elbow', 'wrist'))):
            for name in chain:
                length = abs(standing[INDEX[f'{side}_{start}'], 2] - standing[INDEX[f'{side}_{name}'], 2])
                sign = 1 if start == 'hip' else -1
                frames[:, INDEX[f'{side}_{name}']] = standing[INDEX[f'{side}_{start}']] + length * turned * [
                    sign, 1, 1]
    frames[:, :, 0] += stamps[:, None]
    return frames, stamps


def test_left_is_left_and_up_is_up(imitator, robot, standing):
    standing[INDEX['l_elbow']] = standing[INDEX['l_shoulder']] + [0, 0.28, 0]
    standing[INDEX['l_wrist']] = standing[INDEX['l_elbow']] + [0, 0, 0.25]  # the left forearm points up
    standing[INDEX['r_knee']] = standing[INDEX['r_hip']] + [0.43, 0, 0]
    standing[INDEX['r_ankle']] = standing[INDEX['r_knee']] + [0, 0, -0.43]  # the right thigh is level
    pose = imitator()(standing, 0.0)
    at, soles = _points(robot, pose)
    elbow, forearm = at['l_elbow'] - at['l_shoulder'], at['l_wrist'] - at['l_elbow']
    np.testing.assert_allclose(elbow, [0, 0.16, 0], atol=0.01)
    np.testing.assert_allclose(forearm, [0, 0, 0.15], atol=0.01)
    np.testing.assert_allclose(at['r_knee'] - at['r_hip'], [0.22, 0, 0], atol=0.02)
    assert at['r_wrist'][2] < at['r_shoulder'][2] - 0.28
    assert soles[:, 2].min() == pytest.approx(0, abs=1e-9)
    assert max(value for name, value in pose.residuals_mm.items()) < 15


def test_size_and_place_of_the_person_do_not_matter(imitator, standing):
    first, second = (imitator()(scale * standing + shift, 0.0)
                     for scale, shift in ((1, 0), (0.6, [3, -2, 5])))
    np.testing.assert_allclose(first.joints_rad, second.joints_rad, atol=1e-9)
    np.testing.assert_allclose(first.base_m, second.base_m, atol=1e-9)


def test_limits_are_kept_whatever_comes(imitator, robot, standing):
    rng, imitate = np.random.default_rng(1), imitator(robot_speed_share=0.5)
    before, stamp_s = None, 0.0
    for _ in range(25):
        step_s = float(rng.choice([0.01, 0.04, 0.2]))
        stamp_s += step_s
        pose = imitate(standing + rng.normal(0, 0.2, standing.shape), stamp_s)
        assert (pose.joints_rad >= robot.ranges_rad[:, 0]).all()
        assert (pose.joints_rad <= robot.ranges_rad[:, 1]).all()
        if before is not None:
            most = 0.5 * robot.speed_limits_rad_s * step_s
            assert (np.abs(pose.joints_rad - before) <= most + 1e-12).all()
        before = pose.joints_rad
    assert robot.speed_limits_rad_s[robot.joint_names.index('l_knee')] == 6.0


def test_who_walks_walks_on(imitator, robot, standing):
    """By the feet alone: the person's measured path is not used."""
    frames, stamps = _walking(standing)
    imitate = imitator()
    poses = [imitate(frame, stamp) for frame, stamp in zip(frames, stamps, strict=True)]
    soles = np.stack([_points(robot, pose)[1] for pose in poses])
    assert np.abs(soles[:, :, 2].min(axis=1)).max() < 1e-9
    feet = soles.reshape(len(soles), 2, -1, 3).mean(axis=2)
    slower = np.linalg.norm(np.diff(feet[..., :2], axis=0), axis=2).min(axis=1) * 20
    assert np.median(slower) < 0.06, 'm/s: one foot stands'
    assert poses[-1].base_m[0] > 0.3


def test_a_fixed_pelvis_stays_upright(imitator, robot, standing):
    turned = standing @ rotation_about(2, 1.0).T @ rotation_about(1, 0.3).T
    pose = imitator(robot_base='fixed')(turned, 0.0)
    np.testing.assert_allclose(pose.base_m, robot.rest[:3], atol=2e-3)
    np.testing.assert_allclose(np.abs(pose.base_wxyz), [1, 0, 0, 0], atol=5e-3)
    expected = imitator(robot_base='fixed')(standing, 0.0)
    np.testing.assert_allclose(pose.joints_rad, expected.joints_rad, atol=0.02)


def test_limbs_outside_the_image_hang_down(imitator, robot, standing):
    standing[INDEX['r_wrist']] = standing[INDEX['r_shoulder']] + [0.5, 0, 0.5]
    visibility = np.ones(len(standing))
    visibility[INDEX['r_wrist']] = 0.0
    at, _ = _points(robot, imitator()(standing, 0.0, visibility))
    assert at['r_wrist'][2] < at['r_shoulder'][2] - 0.3


def test_another_person_goes_on_where_the_robot_is(imitator, standing):
    imitate = imitator(robot_base='path')
    first, moved, other = (
        imitate(standing + np.array(place), stamp_s, None, identity).base_m
        for place, stamp_s, identity in (((0, 0, 0), 0.0, 1), ((0.5, 0, 0), 0.1, 1), ((3, 2, 0), 0.2, 2)))
    assert moved[0] - first[0] == pytest.approx(0.5 * 0.44 / 0.86, abs=0.01), 'by the length of legs'
    np.testing.assert_allclose(other, moved, atol=0.01)


def test_stamps_must_increase(imitator, standing):
    imitate = imitator()
    imitate(standing, 1.0)
    with pytest.raises(InputError, match=r'stamps must increase: 1\.000 s after 1\.000 s'):
        imitate(standing, 1.0)
    imitate.reset()
    imitate(standing, 0.0)


def test_a_tilted_camera_is_turned_back(standing):
    """A camera 2 m up that looks down by 0.4 rad, and to the left by 0.2."""
    rotation = rotation_about(2, 0.2) @ rotation_about(1, 0.4) @ OPTICAL_AXES
    place = np.array([3, 0, 0])
    seen_mm = 1000 * (standing + place - [0, 0, 2]) @ rotation
    back = to_map_m(seen_mm, parse_pose('0 0 2 0 0.4 0.2'))
    np.testing.assert_allclose(back, standing + place, atol=1e-9)


def test_upright_people_do_not_lean(standing):
    from hemlets_ros.retarget.trunk_turns import heading, trunk_turns

    for angle in (0.0, 2.0):
        pelvis, chest = trunk_turns(standing @ rotation_about(2, angle).T)
        for turn in (pelvis, chest):
            assert np.degrees(np.arccos(turn[2, 2])) < 5  # our joints lean by a few degrees
            np.testing.assert_allclose(heading(turn), rotation_about(2, angle), atol=1e-9)


@pytest.mark.parametrize(('name', 'joints'), [('unitree_g1', 29), ('unitree_h1', 19)])
def test_robots_of_menagerie_stand_as_a_person_stands(name, joints, robot, standing, monkeypatch):
    menagerie = pytest.importorskip('mujoco_menagerie', reason='needs the extra retarget')
    monkeypatch.setenv('MENAGERIE_CACHE_DIR', str(_MENAGERIE))
    cache = menagerie.Cache()
    if not cache.root and not cache.is_cached(menagerie.get(name)):
        pytest.skip(f'the model is not downloaded: mujoco-menagerie prefetch {name}')
    from hemlets_ros.retarget.load_imitator import load_imitator

    imitator = load_imitator(RetargetSettings(robot=name))
    pose = imitator(standing, 0.0)
    assert len(pose.joints_rad) == joints
    assert max(pose.residuals_mm.values()) < 90
    assert max(pose.residuals_mm[point] for point in ('l_wrist', 'r_wrist', 'l_ankle', 'r_ankle')) < 25
    at, soles = _points(imitator.robot, pose)
    assert at['l_ankle'][1] > at['r_ankle'][1]
    assert soles[:, 2].min() == pytest.approx(0, abs=1e-9)
