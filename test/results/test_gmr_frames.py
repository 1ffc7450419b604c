"""Frames for GMR, as images come, against the motion of the whole recording and against simple poses."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('scipy')
sys.path.insert(0, str(Path(__file__).parents[1] / 'body'))

from posed_people import walking_frames

from hemlets_ros.body.recorded_motion import recorded_motion
from hemlets_ros.body.world import level_camera
from hemlets_ros.errors import SettingsError
from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.results.gmr_frames import GmrFrames, gmr_frames
from hemlets_ros.results.motion_files.motion_npz import write_gmr
from hemlets_ros.skeleton import INDEX


@pytest.fixture(scope='module')
def frames():
    return walking_frames(12)


def _one(frame, **settings):
    return GmrFrames(**settings)(frame)[3]


def test_names_and_order_are_those_of_the_file(frames, tmp_path):
    person = frames[0].people[0]
    joints = np.stack([person.joints_mm for frame in frames for person in frame.people])
    stamps = np.array([frame.stamp_s for frame in frames])
    write_gmr(tmp_path / 'a.npz', [recorded_motion(3, joints, stamps, level_camera(), 10.0)])
    live = [people[3] for _, people in gmr_frames(frames)]
    with np.load(tmp_path / 'a.npz') as file:
        names = file['body_names'].tolist()
        assert [list(each) for each in live] == [names] * len(frames)
        angles, away = [], []
        for number, each in enumerate(live):
            places, turns = (np.array(column) for column in zip(*each.values(), strict=True))
            away.append(places - file['positions_m'][number])
            angles.append(quat.angle_deg(turns, file['rotations_wxyz'][number]))
    # The file knows frames after each one, levels soles that stand, and has one floor for all frames.
    feet = [name.endswith(('ankle', 'foot')) for name in names]
    assert np.median(np.array(angles)[:, ~np.array(feet)]) < 0.3
    assert np.array(angles)[:, ~np.array(feet)].max() < 5
    assert np.abs(np.array(away)[..., :2]).max() < 0.01
    assert np.abs(np.array(away)[..., 2]).max() < 0.06
    assert person.body is not None


def test_somebody_who_faces_the_camera_stands_on_the_floor_before_it(frames):
    bodies = _one(frames[0])
    for place, turn in bodies.values():
        assert place.shape == (3,) and turn.shape == (4,)
        assert np.linalg.norm(turn) == pytest.approx(1)
    pelvis, turn = bodies['pelvis']
    joint = frames[0].people[0].joints_mm[INDEX['pelvis']]
    np.testing.assert_allclose(pelvis[:2], [joint[2] / 1000, -joint[0] / 1000], atol=1e-9)  # x away, y left
    assert 0.8 < pelvis[2] < 1.1 and 1.3 < bodies['head'][0][2] < 1.8
    assert 0.05 < min(bodies[f'{side}_ankle'][0][2] for side in ('left', 'right')) < 0.12
    up, forward = quat.rotate(turn, np.array([[0.0, 1, 0], [0, 0, 1]]))
    assert up[2] > 0.95 and forward[0] < -0.95, 'towards the camera'
    left = bodies['left_shoulder'][0] - bodies['right_shoulder'][0]
    assert left[1] < -0.2, 'the left of somebody who looks at the camera is on its right'


def test_bones_lead_from_body_to_body(frames):
    bodies, offsets = _one(frames[5]), frames[5].people[0].body.offsets_mm / 1000
    for parent, child, index in (('left_knee', 'left_ankle', 7), ('right_elbow', 'right_wrist', 21)):
        place, turn = bodies[parent]
        np.testing.assert_allclose(place + quat.rotate(turn, offsets[index]), bodies[child][0], atol=1e-6)


def test_a_camera_that_looks_down_is_taken_out_and_its_floor_is_the_maps(frames):
    pitch = 0.3
    level = _one(frames[0], camera_in_map='0 0 1.5 0 0 0')
    tilt = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    person = frames[0].people[0]
    turned = quat.multiply(quat.from_matrix(tilt), person.body.rotations[0])
    body = replace(person.body, root_mm=tilt @ person.body.root_mm,
                   rotations=np.concatenate([turned[None], person.body.rotations[1:]]))
    seen = replace(frames[0], people=[replace(person, body=body)])
    for name, (place, turn) in _one(seen, camera_in_map=f'0 0 1.5 0 {pitch} 0').items():
        np.testing.assert_allclose(place, level[name][0], atol=1e-9)
        assert quat.angle_deg(turn, level[name][1]) < 1e-4
    floor = _one(frames[0])
    heights = [level[name][0][2] - floor[name][0][2] for name in level]
    assert np.ptp(heights) < 1e-9, 'only the floor differs'


def test_who_jumps_leaves_the_floor_and_bodies_are_not_needed(frames):
    made, heights = GmrFrames(), []
    for number, frame in enumerate(frames):
        person = replace(frame.people[0], body=None)
        jump = np.array([0, -300.0 if number == 6 else 0.0, 0])  # y points down
        heights.append(made(replace(frame, people=[replace(person, joints_mm=person.joints_mm + jump)]))[3])
    ankles = [min(each[f'{side}_ankle'][0][2] for side in ('left', 'right')) for each in heights]
    assert ankles[6] - ankles[5] == pytest.approx(0.3, abs=0.06)
    assert np.delete(ankles, 6).max() < 0.2


def test_who_is_not_tracked_is_left_out_and_a_wrong_pose_is_one_error(frames):
    nobody = replace(frames[0], people=[replace(frames[0].people[0], id=-1)])
    assert GmrFrames()(nobody) == {}
    with pytest.raises(SettingsError, match='six numbers'):
        GmrFrames('1 2 3')
