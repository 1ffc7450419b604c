"""Motion in a world with gravity: captured people before cameras that look down at them."""

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('scipy')
sys.path.insert(0, str(Path(__file__).parent))

from captured_motion import captured

from hemlets_ros.body.bones import BONE_INDEX
from hemlets_ros.body.even_frames import even_frames, usual_rate_hz
from hemlets_ros.body.foot_contacts import foot_contacts, phases
from hemlets_ros.body.gravity import up_from_people
from hemlets_ros.body.recorded_motion import ankle_height_mm, recorded_motion
from hemlets_ros.body.world import Up, given_up, level_camera, up_of_camera_pose
from hemlets_ros.errors import InputError, SettingsError
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.skeleton import INDEX

_FEET = [INDEX['l_ankle'], INDEX['r_ankle']]


def walker():
    """A walk, y up, its lower ankle always on one height, gone forward by what the standing foot slides."""
    _, joints = captured('pybullet_walk')
    lower = joints[:, _FEET, 1].argmin(axis=1)
    frames = np.arange(len(joints))
    joints[..., 1] -= joints[:, _FEET, 1].min(axis=1)[:, None]
    steps = joints[:, _FEET][frames[1:], lower[1:]] - joints[:, _FEET][frames[:-1], lower[1:]]
    joints[1:, :, [0, 2]] -= np.cumsum(steps[:, [0, 2]], axis=0)[:, None]
    return joints, frames / 30


def seen_from(joints, pitch_deg, roll_deg):
    """World joints in a camera that looks down, and up in it."""
    camera = joints * [-1, -1, 1]
    turn = quat.multiply(quat.about(np.array([0, 0, 1.0]), np.radians(roll_deg)),
                         quat.about(np.array([1.0, 0, 0]), np.radians(pitch_deg)))
    return quat.rotate(turn, camera) + np.array([0, 0, 6000]), quat.rotate(turn, np.array([0, -1.0, 0]))


@pytest.mark.parametrize(('pitch_deg', 'roll_deg'), [(0, 0), (25, 4), (-10, -8)])
def test_people_tell_where_up_is(pitch_deg, roll_deg):
    joints, stamps_s = walker()
    camera, up = seen_from(joints, pitch_deg, roll_deg)
    told = up_from_people([(camera, stamps_s), (camera + np.array([1500, 0, 700]), stamps_s)])
    assert np.degrees(np.arccos(told.direction @ up)) < 3
    assert 2 < told.uncertainty_deg < 6
    assert told.camera_pitch_deg == pytest.approx(pitch_deg, abs=3)


def test_nobody_who_stands_leaves_the_camera_level_and_unsure():
    lying = captured('pybullet_crawl')[1] * [-1, -1, 1]
    told = up_from_people([(lying, np.arange(len(lying)) / 30)])
    assert told.direction[1] < -0.95
    assert told.uncertainty_deg > 10


def test_ups_that_are_given():
    # A camera 1.5 m up that looks down by 0.3 rad, as the node's parameter camera_in_map has it.
    assert up_of_camera_pose(0.0, 0.3, 1.0).camera_pitch_deg == pytest.approx(np.degrees(0.3))
    assert up_of_camera_pose(0.0, 0.0, 2.0).direction == pytest.approx(level_camera().direction)
    # Rolled clockwise, up leans to the left of the image.
    assert up_of_camera_pose(0.1, 0.0, 0.0).direction == pytest.approx([-np.sin(0.1), -np.cos(0.1), 0])
    assert given_up(np.array([0, -2.0, 0])).direction == pytest.approx([0, -1, 0])
    with pytest.raises(SettingsError, match='three numbers, not all 0'):
        given_up(np.zeros(3))


def test_in_the_world_people_stand_upright_on_the_ground_and_face_as_they_do():
    joints, stamps_s = walker()
    camera, up = seen_from(joints, 25, 4)
    motion = recorded_motion(3, camera, stamps_s, Up(up, 'known'), 30.0)
    assert motion.misfit_mm < 5
    assert motion.height_m == pytest.approx(1.85, abs=0.03)
    standing = motion.body.joints_mm[:, [BONE_INDEX['l_ankle'], BONE_INDEX['r_ankle']], 1][motion.contacts]
    assert np.median(standing) == pytest.approx(ankle_height_mm(motion.body.offsets_mm), abs=10)
    # Seen and turned in the world as they were before the camera.
    root = motion.body.root_mm - motion.body.root_mm[0]
    expected = joints[:, INDEX['pelvis']] - joints[0, INDEX['pelvis']]
    np.testing.assert_allclose(root, expected, atol=1)
    # Soles of standing feet are level.
    ups = quat.rotate(motion.body.world_rotations, np.array([0, 1.0, 0]))
    for foot, side in enumerate('lr'):
        assert (ups[motion.contacts[:, foot], BONE_INDEX[f'{side}_ankle'], 1] > np.cos(np.radians(1))).all()


def test_feet_that_stand_do_not_slide_when_locked():
    joints, stamps_s = walker()
    camera, up = seen_from(joints, 10, 0)
    slipping = camera + (stamps_s * 300)[:, None, None] * [0, 0, 1]  # a distance that drifts
    for locked, most_mm, least_mm in ((False, 1e9, 60), (True, 20, 0)):
        motion = recorded_motion(0, slipping, stamps_s, Up(up, 'known'), 30.0, locked)
        slid = [np.ptp(motion.body.joints_mm[start:end, BONE_INDEX[f'{side}_ankle']], axis=0).max()
                for foot, side in enumerate('lr') for start, end in phases(motion.contacts[:, foot])]
        assert least_mm < max(slid) < most_mm
        assert len(slid) >= 2


def test_contacts_of_a_walk_alternate():
    joints, stamps_s = walker()
    contacts = foot_contacts(joints, stamps_s, np.array([0, 1.0, 0]))
    assert contacts.any(axis=1).mean() > 0.6
    assert 0.25 < contacts[:, 0].mean() < 0.8
    assert contacts.all(axis=1).mean() < 0.5


def test_uneven_frames_become_even_and_gaps_are_told():
    stamps_s = np.array([0, 0.04, 0.09, 0.1, 0.2, 0.8, 0.9])
    joints = np.broadcast_to(stamps_s[:, None, None], (7, 18, 3)) * 1000
    even = even_frames(joints, stamps_s, 20.0)
    assert even.stamps_s == pytest.approx(np.arange(19) / 20)
    np.testing.assert_allclose(even.joints_mm[:, 5, 1], even.stamps_s * 1000)
    assert np.flatnonzero(~even.seen).tolist() == list(range(7, 14))
    with pytest.raises(InputError, match='person 4: motion needs at least two frames, at increasing times'):
        recorded_motion(4, joints[:2], np.zeros(2), level_camera(), 30.0)


def test_stamps_that_jump_by_years_are_refused():
    joints, stamps_s = walker()
    stamps_s = stamps_s + 1.7e9
    stamps_s[0] = 0.0
    with pytest.raises(InputError, match=r'from 0 to 1\.7e\+09 s, at 30 Hz, are more than \d+ frames'):
        recorded_motion(3, joints, stamps_s, level_camera(), 30.0)
    with pytest.raises(InputError, match=r'1e-09 s apart: are their stamps right\? Give --rate-hz'):
        usual_rate_hz(np.arange(5) * 1e-9)


def test_a_person_of_no_size_is_refused_and_a_leg_of_no_length_does_not_bend():
    joints, stamps_s = walker()
    with pytest.raises(InputError, match='person 3: the joints are all in one place'):
        recorded_motion(3, joints * 0, stamps_s, level_camera(), 30.0)
    for name in ('knee', 'ankle'):
        joints[:, INDEX[f'l_{name}']] = joints[:, INDEX['l_hip']]
    motion = recorded_motion(3, joints * [-1, -1, 1], stamps_s, level_camera(), 30.0, foot_lock=True)
    assert np.isfinite(motion.body.rotations).all() and np.isfinite(motion.body.root_mm).all()
